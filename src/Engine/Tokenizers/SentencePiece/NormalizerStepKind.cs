namespace Inheritune.Engine.Tokenizers;

/// <summary>What a step of a normaliser does.</summary>
internal enum NormalizerStepKind
{
    /// <summary>Canonical composition (NFC).</summary>
    Compose,

    /// <summary>Puts a text in front.</summary>
    Prepend,

    /// <summary>Replaces one text by another everywhere.</summary>
    Replace,
}
