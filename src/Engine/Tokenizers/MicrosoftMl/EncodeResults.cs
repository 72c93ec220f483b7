namespace Microsoft.ML.Tokenizers;

/// <summary>What encoding a text gave.</summary>
/// <typeparam name="T">Ids or tokens.</typeparam>
public struct EncodeResults<T>
{
    /// <summary>The ids or tokens in order.</summary>
    public IReadOnlyList<T> Tokens { get; set; }

    /// <summary>The text after normalisation; null when nothing was normalised.</summary>
    public string? NormalizedText { get; set; }

    /// <summary>How many characters of the (normalised) text the tokens cover.</summary>
    public int CharsConsumed { get; set; }
}
