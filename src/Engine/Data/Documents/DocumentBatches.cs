using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Reads the parts of a corpus on several threads and gives their batches in the order of the corpus. A part
/// that is ahead waits after a few batches, so the memory does not grow with the corpus.
/// </summary>
internal static class DocumentBatches
{
    private const int WaitingBatches = 8;

    /// <summary>The batches from a position on.</summary>
    /// <param name="options">Which documents.</param>
    /// <param name="from">Where to begin; parts before it are not opened.</param>
    /// <param name="threadCount">Parts that are read at the same time.</param>
    /// <param name="statistics">Takes what finding the files met.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="CorpusException">A file cannot be read; thrown where its documents would come.</exception>
    public static IEnumerable<DocumentBatch> Read(
        CorpusOptions options, CorpusPosition from, int threadCount, CorpusStatistics statistics,
        CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = new Queue<Reading>();
        try
        {
            int unit = -1;
            using IEnumerator<Func<CorpusStatistics, IEnumerable<string?>>> units =
                CorpusUnits.Of(options, statistics).GetEnumerator();
            bool hasMore = true;
            while (hasMore || running.Count > 0)
            {
                while (running.Count < threadCount && (hasMore = hasMore && units.MoveNext()))
                {
                    unit++;
                    if (unit >= from.Unit)
                    {
                        int skipped = unit == from.Unit ? from.Batch : 0;
                        running.Enqueue(new Reading(unit, units.Current, skipped, stop.Token));
                    }
                }
                if (running.Count > 0)
                {
                    foreach (DocumentBatch batch in running.Peek().Batches())
                    {
                        yield return batch;
                    }
                    running.Dequeue().Dispose();
                }
            }
        }
        finally
        {
            stop.Cancel();
            foreach (Reading reading in running)
            {
                reading.Dispose();
            }
        }
    }

    /// <summary>Cuts documents into batches of some length; null and empty ones are counted and dropped.</summary>
    private static IEnumerable<DocumentBatch> Cut(
        int unit, Func<CorpusStatistics, IEnumerable<string?>> read)
    {
        var met = new CorpusStatistics();
        var documents = new List<byte[]>();
        int number = 0;
        long characters = 0;
        foreach (string? document in read(met))
        {
            met.Count(document);
            if (!string.IsNullOrEmpty(document))
            {
                documents.Add(Encoding.UTF8.GetBytes(document));
                characters += document.Length;
            }
            if (characters >= CorpusFileReader.BatchCharacters)
            {
                yield return new DocumentBatch(unit, number++, documents, met.Take());
                documents = [];
                characters = 0;
            }
        }
        yield return new DocumentBatch(unit, number, documents, met.Take());
    }

    /// <summary>A part that is being read.</summary>
    private sealed class Reading : IDisposable
    {
        private readonly BlockingCollection<DocumentBatch> _batches = new(WaitingBatches);
        private readonly CancellationToken _stop;
        private readonly Task _task;
        private ExceptionDispatchInfo? _fault;

        public Reading(
            int unit, Func<CorpusStatistics, IEnumerable<string?>> read, int skipped, CancellationToken stop)
        {
            _stop = stop;
            _task = Task.Run(() => Run(unit, read, skipped), CancellationToken.None);
        }

        public IEnumerable<DocumentBatch> Batches()
        {
            foreach (DocumentBatch batch in _batches.GetConsumingEnumerable(_stop))
            {
                yield return batch;
            }
            _fault?.Throw();
        }

        public void Dispose()
        {
            _task.Wait();
            _batches.Dispose();
        }

        private void Run(int unit, Func<CorpusStatistics, IEnumerable<string?>> read, int skipped)
        {
            try
            {
                foreach (DocumentBatch batch in Cut(unit, read).Skip(skipped))
                {
                    _batches.Add(batch, _stop);
                }
            }
#pragma warning disable CA1031 // Whatever it is, it is thrown where the documents are wanted.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                _fault = ExceptionDispatchInfo.Capture(fault);
            }
            _batches.CompleteAdding();
        }
    }
}
