using System.Diagnostics;
using System.Text;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Documents as UTF-8, read once if they fit in memory and twice if not.</summary>
internal sealed class DocumentStore(CorpusOptions options, CorpusStatistics statistics)
{
    private const long KeepLimit = 512L << 20;

    private List<byte[]>? _kept = [];

    /// <summary>The first reading; counts the documents.</summary>
    public IEnumerable<byte[]> ReadFirst(
        DocumentSplit split, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        long bytes = 0;
        long lastReport = Stopwatch.GetTimestamp();
        foreach (string document in Corpus.Documents(options, statistics))
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] utf8 = Encoding.UTF8.GetBytes(document);
            bytes += utf8.Length;
            split.Count(utf8);
            if (bytes > KeepLimit)
            {
                _kept = null;
            }
            _kept?.Add(utf8);
            if (Stopwatch.GetElapsedTime(lastReport).TotalMilliseconds > 100)
            {
                lastReport = Stopwatch.GetTimestamp();
                progress?.Report(new PrepareProgress("reading", split.DocumentCount, bytes, 0));
            }
            yield return utf8;
        }
        progress?.Report(new PrepareProgress("reading", split.DocumentCount, bytes, 0));
    }

    /// <summary>The same documents again.</summary>
    public IEnumerable<byte[]> ReadAgain() =>
        _kept ?? Corpus.Documents(options).Select(Encoding.UTF8.GetBytes);
}
