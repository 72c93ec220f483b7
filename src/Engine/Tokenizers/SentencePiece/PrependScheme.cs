namespace Inheritune.Engine.Tokenizers;

/// <summary>When U+2581 is put in front of a stretch of text.</summary>
internal enum PrependScheme
{
    Never,

    /// <summary>Only where the text begins.</summary>
    First,

    Always,
}
