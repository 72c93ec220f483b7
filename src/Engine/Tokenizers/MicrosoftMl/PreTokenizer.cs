namespace Microsoft.ML.Tokenizers;

/// <summary>Cuts a text into pieces that are encoded one by one.</summary>
public abstract class PreTokenizer
{
    /// <summary>Offset and length of each piece, in UTF-16 units.</summary>
    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(string text);

    /// <summary>Offset and length of each piece, in UTF-16 units.</summary>
    public abstract IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text);
}
