using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// How often each piece occurs in a corpus. Counting is parallel; sums do not depend on the order.
/// </summary>
internal sealed class PieceCounts
{
    private readonly BpeTrainerOptions _options;
    private readonly AddedTokenMatcher _special;

    public PieceCounts(BpeTrainerOptions options)
    {
        _options = options;
        _special = new AddedTokenMatcher(
            options.SpecialTokens.Select((content, i) => new AddedToken(i, content)), content => content);
    }

    public Dictionary<byte[], long> Words { get; } = new(ByteSequenceComparer.Instance);

    public void CountAll(IEnumerable<ReadOnlyMemory<byte>> documents, CancellationToken cancellation)
    {
        var parallel = new ParallelOptions
        {
            MaxDegreeOfParallelism =
                _options.ThreadCount > 0 ? _options.ThreadCount : Environment.ProcessorCount,
            CancellationToken = cancellation,
        };
        try
        {
            CountAll(documents, parallel);
        }
        catch (AggregateException faults)
        {
            // A document that cannot be read is that fault, whichever thread asked for it.
            ExceptionDispatchInfo.Throw(faults.Flatten().InnerExceptions[0]);
        }
    }

    private void CountAll(IEnumerable<ReadOnlyMemory<byte>> documents, ParallelOptions parallel)
    {
        // Without buffering the partitioner holds few documents at a time, however large the corpus.
        Parallel.ForEach(
            Partitioner.Create(documents.Chunk(64), EnumerablePartitionerOptions.NoBuffering),
            parallel,
            () => new Dictionary<byte[], long>(ByteSequenceComparer.Instance),
            (chunk, _, counts) =>
            {
                foreach (ReadOnlyMemory<byte> document in chunk)
                {
                    CountDocument(document.Span, counts);
                }
                return counts;
            },
            Merge);
    }

    private void Merge(Dictionary<byte[], long> counts)
    {
        lock (Words)
        {
            foreach ((byte[] word, long count) in counts)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(Words, word, out _) += count;
            }
        }
    }

    /// <summary>A special token's text is cut out, so that it never enters a merge.</summary>
    private void CountDocument(ReadOnlySpan<byte> text, Dictionary<byte[], long> counts)
    {
        int at = 0;
        while (_special.TryFind(text, at, out _, out int start, out int end))
        {
            CountStretch(text[at..start], counts);
            at = end;
        }
        CountStretch(text[at..], counts);
    }

    private void CountStretch(ReadOnlySpan<byte> text, Dictionary<byte[], long> counts)
    {
        while (_options.CutsLines && !text.IsEmpty)
        {
            int lineEnd = text.IndexOf((byte)'\n') + 1;
            lineEnd = lineEnd == 0 ? text.Length : lineEnd;
            CountPieces(text[..lineEnd], counts);
            text = text[lineEnd..];
        }
        CountPieces(text, counts);
    }

    private void CountPieces(ReadOnlySpan<byte> text, Dictionary<byte[], long> counts)
    {
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        for (int start = 0; start < text.Length;)
        {
            int end = _options.Cut switch
            {
                PieceCut.Gpt2 => Gpt2Scanner.Next(text, start),
                PieceCut.Llama3 => Llama3Scanner.Next(text, start),
                _ => text.Length,
            };
            CollectionsMarshal.GetValueRefOrAddDefault(lookup, text[start..end], out _)++;
            start = end;
        }
    }
}
