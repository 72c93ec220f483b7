namespace Inheritune.Engine.Data;

/// <summary>
/// Validation batches that are always the same: the shard is cut into W = (count − 1) / T windows without
/// overlap, which are dealt to batches in a fixed order that spreads every range of batches over the whole
/// shard. So two models score the same text, ranges with different batch numbers are disjoint, and a small
/// range is no single passage.
/// </summary>
public sealed class FixedBatches
{
    private readonly TokenShard _shard;
    private readonly long _windows;
    private readonly long _stride;

    /// <summary>
    /// Batches <paramref name="firstBatch"/> .. <paramref name="firstBatch"/> + <paramref name="count"/> of a
    /// shard.
    /// </summary>
    /// <param name="shard">Validation tokens; stays open as long as the batches are used.</param>
    /// <param name="batch">B, rows of a batch.</param>
    /// <param name="sequenceLength">T.</param>
    /// <param name="firstBatch">First batch of the range.</param>
    /// <param name="count">Batches in the range, 1 or more.</param>
    /// <exception cref="TokenFileException">The shard has fewer batches.</exception>
    public FixedBatches(TokenShard shard, int batch, int sequenceLength, int firstBatch, int count)
        : this(shard, batch, sequenceLength, firstBatch, count, int.MaxValue)
    {
    }

    private FixedBatches(TokenShard shard, int batch, int sequenceLength, int firstBatch, int count,
        int endBatch)
    {
        ArgumentNullException.ThrowIfNull(shard);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        var available = Available(shard, batch, sequenceLength);
        if ((long)firstBatch + count > available)
        {
            throw new TokenFileException(
                $"{Path.GetFileName(shard.Path)}: validation batches: expected at least "
                + $"{(long)firstBatch + count} of B={batch}, T={sequenceLength}, got {available} from "
                + $"{shard.Count} tokens. "
                + "Prepare more validation text, or evaluate fewer batches or shorter sequences.");
        }

        _shard = shard;
        Batch = batch;
        SequenceLength = sequenceLength;
        FirstBatch = firstBatch;
        Count = count;
        EndBatch = Math.Min(endBatch, available);
        _windows = (shard.Count - 1) / sequenceLength;
        _stride = SpreadingStride(_windows);
    }

    /// <summary>B.</summary>
    public int Batch { get; }

    /// <summary>T.</summary>
    public int SequenceLength { get; }

    /// <summary>Number of the first batch.</summary>
    public int FirstBatch { get; }

    /// <summary>Batches in the range.</summary>
    public int Count { get; }

    /// <summary>One past the last batch that <see cref="Doubled"/> may reach.</summary>
    public int EndBatch { get; }

    /// <summary>Whether <see cref="Doubled"/> has nothing left to add.</summary>
    public bool IsWhole => FirstBatch + Count == EndBatch;

    /// <summary>Tokens scored by the range.</summary>
    public long Tokens => (long)Count * Batch * SequenceLength;

    /// <summary>How many batches of this size a shard has.</summary>
    public static int Available(TokenShard shard, int batch, int sequenceLength)
    {
        ArgumentNullException.ThrowIfNull(shard);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequenceLength, 1);
        return (int)((shard.Count - 1) / sequenceLength / batch);
    }

    /// <summary>
    /// Two disjoint ranges: one that decides when to stop and may double up to all that the other leaves, and
    /// one that is kept for the final report.
    /// </summary>
    public static (FixedBatches Stopping, FixedBatches Final) Split(
        TokenShard shard, int batch, int sequenceLength, int stoppingCount, int finalCount)
    {
        var available = Available(shard, batch, sequenceLength);
        if ((long)stoppingCount + finalCount > available)
        {
            throw new TokenFileException(
                $"{Path.GetFileName(shard.Path)}: validation batches: expected at least "
                + $"{(long)stoppingCount + finalCount} ({stoppingCount} for stopping, {finalCount} for the report) of B={batch}, "
                + $"T={sequenceLength}, got {available} from {shard.Count} tokens. "
                + "Prepare more validation text, or evaluate fewer batches.");
        }

        var reserved = available - finalCount;
        return (new FixedBatches(shard, batch, sequenceLength, 0, stoppingCount, reserved),
            new FixedBatches(shard, batch, sequenceLength, reserved, finalCount));
    }

    /// <summary>The same range with twice the batches, or up to <see cref="EndBatch"/>.</summary>
    public FixedBatches Doubled() => new(
        _shard, Batch, SequenceLength, FirstBatch,
        (int)Math.Min(2L * Count, EndBatch - FirstBatch), EndBatch);

    /// <summary>Reads a batch of the range. Allocates nothing and remembers nothing.</summary>
    /// <param name="index">0 .. <see cref="Count"/> − 1.</param>
    /// <param name="tokens">(B, T) ids. Overwritten.</param>
    /// <param name="targets">(B, T) ids. Overwritten.</param>
    public void Read(int index, Span<int> tokens, Span<int> targets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        BatchWindow.Check(tokens, targets, Batch, SequenceLength);
        for (var row = 0; row < Batch; row++)
        {
            var window = ((long)(FirstBatch + index) * Batch + row) * _stride % _windows;
            BatchWindow.Read(_shard, window * SequenceLength, tokens, targets, row, SequenceLength);
        }
    }

    /// <summary>
    /// A number prime to <paramref name="windows"/> near its golden section: its multiples spread evenly.
    /// </summary>
    private static long SpreadingStride(long windows)
    {
        var stride = Math.Max(1, (long)(windows * 0.6180339887498949));
        while (GreatestCommonDivisor(stride, windows) != 1)
        {
            stride++;
        }

        return stride;
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }
}
