namespace Microsoft.ML.Tokenizers;

/// <summary>How to encode a text.</summary>
public struct EncodeSettings
{
    /// <summary>Creates settings without a limit on the number of tokens.</summary>
    public EncodeSettings()
    {
    }

    /// <summary>Whether the normaliser is applied. False by default.</summary>
    public bool ConsiderNormalization { get; set; } = false;

    /// <summary>Whether the text is cut into pieces first. False by default.</summary>
    public bool ConsiderPreTokenization { get; set; } = false;

    /// <summary>The most tokens to produce.</summary>
    public int MaxTokenCount { get; set; } = int.MaxValue;
}
