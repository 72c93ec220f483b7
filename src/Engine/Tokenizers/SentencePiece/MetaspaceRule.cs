namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The Metaspace pre-tokenizer of tokenizer.json: U+2581 for spaces and, by the scheme, one in front.
/// </summary>
/// <param name="Scheme">When one is put in front of a stretch that does not begin with one.</param>
/// <param name="Splits">Whether the text is cut before every U+2581.</param>
internal sealed record MetaspaceRule(PrependScheme Scheme, bool Splits);
