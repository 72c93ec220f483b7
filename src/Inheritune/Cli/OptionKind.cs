namespace Inheritune.Cli;

/// <summary>What the text of an option is.</summary>
internal enum OptionKind
{
    /// <summary>Any text: names, prompts.</summary>
    Text,

    /// <summary>A file or a folder.</summary>
    Path,

    /// <summary>A whole number within a range.</summary>
    Integer,

    /// <summary>A number within a range.</summary>
    Number,

    /// <summary>One of a few words.</summary>
    Choice,

    /// <summary>Several of a few words, separated by commas.</summary>
    Words,

    /// <summary>Whole numbers separated by commas.</summary>
    Integers,

    /// <summary>Numbers within a range, separated by commas.</summary>
    Numbers,

    /// <summary>Present or absent.</summary>
    Flag,
}
