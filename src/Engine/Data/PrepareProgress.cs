namespace Inheritune.Engine.Data;

/// <summary>How far preparing a corpus has come.</summary>
/// <param name="Stage"><c>reading</c>, which also counts pieces for the tokenizer, or <c>encoding</c>.</param>
/// <param name="Documents">Documents done in this stage.</param>
/// <param name="Bytes">Bytes of UTF-8 text done in this stage.</param>
/// <param name="Tokens">Tokens written so far.</param>
public sealed record PrepareProgress(string Stage, long Documents, long Bytes, long Tokens);
