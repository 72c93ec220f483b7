namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// What becomes of byte pieces that are no UTF-8; a byte-level tokenizer gives bytes in any case.
/// </summary>
internal enum InvalidBytes
{
    /// <summary>They stay as they are.</summary>
    Keep,

    /// <summary>U+FFFD for every byte that is not part of a character.</summary>
    ReplaceEach,

    /// <summary>U+FFFD for every byte of a run of byte pieces that is not UTF-8 as a whole.</summary>
    ReplaceRun,
}
