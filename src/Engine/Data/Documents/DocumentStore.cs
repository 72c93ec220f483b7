using System.Diagnostics;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Documents as UTF-8, read once if they fit in memory and twice if not.</summary>
internal sealed class DocumentStore(CorpusOptions options, int threadCount)
{
    private const long KeepLimit = 512L << 20;

    private List<DocumentBatch>? _kept = [];
    private CorpusStatistics _found = new();
    private bool _isComplete;

    /// <summary>What finding the files met in the last reading.</summary>
    public CorpusStatistics Found => _found;

    /// <summary>The first reading; counts the documents.</summary>
    public IEnumerable<byte[]> ReadFirst(
        DocumentSplit split, IProgress<PrepareProgress>? progress, CancellationToken cancellation)
    {
        long bytes = 0;
        long lastReport = Stopwatch.GetTimestamp();
        _found = new CorpusStatistics();
        foreach (DocumentBatch batch in DocumentBatches.Read(options, default, threadCount, _found, cancellation))
        {
            cancellation.ThrowIfCancellationRequested();
            _kept?.Add(batch);
            foreach (byte[] utf8 in batch.Documents)
            {
                bytes += utf8.Length;
                split.Count(utf8);
                yield return utf8;
            }
            if (bytes > KeepLimit)
            {
                _kept = null;
            }
            if (Stopwatch.GetElapsedTime(lastReport).TotalMilliseconds > 100)
            {
                lastReport = Stopwatch.GetTimestamp();
                progress?.Report(new PrepareProgress("reading", split.DocumentCount, bytes, 0));
            }
        }
        _isComplete = true;
        progress?.Report(new PrepareProgress("reading", split.DocumentCount, bytes, 0));
    }

    /// <summary>The same documents again, from a position on.</summary>
    public IEnumerable<DocumentBatch> ReadAgain(CorpusPosition from, CancellationToken cancellation)
    {
        if (_kept is not null && _isComplete)
        {
            return _kept;
        }
        _kept = null;
        _found = new CorpusStatistics();
        return DocumentBatches.Read(options, from, threadCount, _found, cancellation);
    }
}
