using Inheritune.Engine.Data.Codecs;
using Inheritune.Engine.Data.Documents;

namespace Inheritune.Engine.Data;

/// <summary>
/// Reads the documents of text files, JSON lines, Parquet files, folders and globs, in a fixed order.
/// </summary>
public static class Corpus
{
    /// <summary>Texts packed with zstd can be read: the system's libzstd is installed.</summary>
    public static bool ReadsZstd => ZstdLibrary.IsAvailable;

    /// <summary>
    /// The documents that have text, in order; without paths those of <see cref="SdkDocumentation"/>.
    /// </summary>
    /// <param name="options">Which files, and how strictly.</param>
    /// <param name="statistics">Filled while the documents are enumerated.</param>
    /// <exception cref="CorpusException">A file cannot be read; thrown while enumerating.</exception>
    public static IEnumerable<string> Documents(CorpusOptions options, CorpusStatistics? statistics = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        statistics ??= new CorpusStatistics();
        IEnumerable<string?> all =
            options.Paths.Count == 0 ? SdkDocumentation.Documents() : ReadFiles(options, statistics);
        foreach (string? document in all)
        {
            statistics.Count(document);
            if (!string.IsNullOrEmpty(document))
            {
                yield return document;
            }
        }
    }

    private static IEnumerable<string?> ReadFiles(CorpusOptions options, CorpusStatistics statistics)
    {
        foreach (CorpusFile file in CorpusFiles.Find(options.Paths, statistics))
        {
            statistics.Files++;
            foreach (string? document in CorpusFileReader.Read(file, options, statistics))
            {
                yield return document;
            }
        }
    }
}
