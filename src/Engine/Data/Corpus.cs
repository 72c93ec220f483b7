namespace Inheritune.Engine.Data;

/// <summary>Reads the documents of text files, JSON lines, folders and globs, in a fixed order.</summary>
public static class Corpus
{
    /// <summary>The documents that have text, in order.</summary>
    /// <exception cref="CorpusException">A file cannot be read; thrown while enumerating.</exception>
    public static IEnumerable<string> Documents(CorpusOptions options, CorpusStatistics? statistics = null) =>
        throw new NotImplementedException();
}
