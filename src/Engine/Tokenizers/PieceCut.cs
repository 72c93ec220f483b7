namespace Inheritune.Engine.Tokenizers;

/// <summary>How a text is cut into the pieces that merging never crosses.</summary>
public enum PieceCut
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The pattern of GPT-2, OPT and NeoX.</summary>
    Gpt2,

    /// <summary>The pattern of Llama 3.</summary>
    Llama3,
}
