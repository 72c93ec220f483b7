namespace Inheritune.Engine.Data;

/// <summary>Which documents to read and how.</summary>
public sealed record CorpusOptions
{
    /// <summary>
    /// Files, folders and globs (<c>*</c>, <c>?</c>, <c>**/</c>). Empty: the documentation of the installed
    /// .NET SDK, which is at hand wherever this program is built.
    /// </summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The key of JSON lines that holds the text; dots are a path.</summary>
    public string TextColumn { get; init; } = "text";

    /// <summary>Whether bad JSON lines are skipped and counted instead of ending the run.</summary>
    public bool SkipsBadRecords { get; init; }

    /// <summary>Whether invalid UTF-8 in text files becomes U+FFFD instead of ending the run.</summary>
    public bool ReplacesInvalidUtf8 { get; init; }

    /// <summary>
    /// Layout of token files (.bin) among the paths; those without a header have to be named as such.
    /// </summary>
    public TokenFileKind TokenKind { get; init; }

    /// <summary>A literal string that splits text files into documents; null means one per file.</summary>
    public string? DocumentSeparator { get; init; }
}
