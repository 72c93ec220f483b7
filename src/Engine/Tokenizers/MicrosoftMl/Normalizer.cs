namespace Microsoft.ML.Tokenizers;

/// <summary>Rewrites a text before it is tokenised.</summary>
public abstract class Normalizer
{
    /// <summary>The normalised form of a text.</summary>
    public abstract string Normalize(string original);

    /// <summary>The normalised form of a text.</summary>
    public abstract string Normalize(ReadOnlySpan<char> original);
}
