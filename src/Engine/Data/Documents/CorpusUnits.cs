using Inheritune.Engine.Data.Parquet;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Cuts a corpus into parts that can be read at the same time: files, and runs of row groups of Parquet
/// files. The cuts depend on the files alone.
/// </summary>
internal static class CorpusUnits
{
    private const long UnitBytes = 8 << 20;

    /// <summary>The parts in order; each reads its documents when it is called.</summary>
    /// <exception cref="CorpusException">Nothing is found, or a Parquet file is damaged.</exception>
    public static IEnumerable<Func<CorpusStatistics, IEnumerable<string?>>> Of(
        CorpusOptions options, CorpusStatistics statistics)
    {
        if (options.Paths.Count == 0)
        {
            yield return _ => SdkDocumentation.Documents();
            yield break;
        }
        foreach (CorpusFile file in CorpusFiles.Find(options.Paths, statistics))
        {
            statistics.Files++;
            if (file.Content != CorpusContent.Parquet)
            {
                yield return met => CorpusFileReader.Read(file, options, met);
                continue;
            }
            foreach ((int first, int end) in GroupRuns(file, options))
            {
                yield return _ => CorpusFileReader.ReadGroups(file, options, first, end);
            }
        }
    }

    private static List<(int First, int End)> GroupRuns(CorpusFile file, CorpusOptions options)
    {
        using ParquetFile parquet = CorpusFileReader.OpenParquet(file, options);
        var runs = new List<(int, int)>();
        long bytes = 0;
        int first = 0;
        for (int i = 0; i < parquet.GroupCount; i++)
        {
            bytes += parquet.GroupBytes(i);
            if (bytes >= UnitBytes || i == parquet.GroupCount - 1)
            {
                runs.Add((first, i + 1));
                first = i + 1;
                bytes = 0;
            }
        }
        return runs;
    }
}
