namespace Inheritune.Engine.Data;

/// <summary>
/// Windows at random offsets with replacement, document borders ignored, as nanoGPT draws them. Offset number
/// i is a function of (seed, i) alone, so the whole state is two numbers. A window never crosses the border
/// of a shard.
/// </summary>
public sealed class RandomBatchSource : IBatchSource
{
    private readonly TokenShard[] _shards;
    private readonly ulong _seed;
    private ulong _drawn;

    /// <summary>A source over one or several shards; they stay open as long as the source is used.</summary>
    /// <param name="shards">Shards of one vocabulary; their order matters.</param>
    /// <param name="seed">Chooses the sequence of offsets.</param>
    public RandomBatchSource(IReadOnlyList<TokenShard> shards, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(shards);
        ArgumentOutOfRangeException.ThrowIfZero(shards.Count);
        _shards = [.. shards];
        _seed = seed;
    }

    /// <summary>"random", the seed and the number of windows drawn.</summary>
    public string State
    {
        get => BatchSourceState.Format("random", unchecked((long)_seed), unchecked((long)_drawn));
        set
        {
            Span<long> numbers = stackalloc long[2];
            BatchSourceState.Parse(value, "random", numbers);
            if (unchecked((ulong)numbers[0]) != _seed || numbers[1] < 0)
            {
                throw new TokenFileException(
                    $"data position: expected seed {_seed}, got {unchecked((ulong)numbers[0])} after "
                    + $"{numbers[1]} windows. "
                    + "The run was started with another data seed. Resume with the same one.");
            }

            _drawn = (ulong)numbers[1];
        }
    }

    /// <inheritdoc/>
    public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
    {
        BatchWindow.Check(tokens, targets, batch, sequenceLength);
        var starts = 0L;
        foreach (var shard in _shards)
        {
            starts += Math.Max(0, shard.Count - sequenceLength);
        }

        if (starts == 0)
        {
            BatchWindow.ThrowTooShort(_shards, sequenceLength);
        }

        for (var row = 0; row < batch; row++)
        {
            // Scaling 64 random bits by a multiplication: the bias is below starts / 2^64.
            var offset = (long)Math.BigMul(CounterRandom.Bits(_seed, _drawn), (ulong)starts, out _);
            _drawn++;
            var index = 0;
            while (offset >= Math.Max(0, _shards[index].Count - sequenceLength))
            {
                offset -= Math.Max(0, _shards[index].Count - sequenceLength);
                index++;
            }

            BatchWindow.Read(_shards[index], offset, tokens, targets, row, sequenceLength);
        }
    }
}
