namespace Inheritune.Engine.Data;

/// <summary>
/// Windows in file order, one after another without overlap of their inputs; shard follows shard, and after
/// the last one the first follows again. The rest of a shard that is shorter than T + 1 is left out.
/// </summary>
public sealed class SequentialBatchSource : IBatchSource
{
    private readonly TokenShard[] _shards;
    private long _epoch;
    private long _shard;
    private long _position;

    /// <summary>A source over one or several shards; they stay open as long as the source is used.</summary>
    public SequentialBatchSource(IReadOnlyList<TokenShard> shards)
    {
        ArgumentNullException.ThrowIfNull(shards);
        ArgumentOutOfRangeException.ThrowIfZero(shards.Count);
        _shards = [.. shards];
    }

    /// <summary>How many times the end of the data was passed.</summary>
    public long Epoch => _epoch;

    /// <summary>"sequential", epoch, shard and position in the shard.</summary>
    public string State
    {
        get => BatchSourceState.Format("sequential", _epoch, _shard, _position);
        set
        {
            Span<long> numbers = stackalloc long[3];
            BatchSourceState.Parse(value, "sequential", numbers);
            if (numbers[0] < 0 || numbers[1] < 0 || numbers[1] >= _shards.Length
                || numbers[2] < 0 || numbers[2] > _shards[numbers[1]].Count)
            {
                throw new TokenFileException(
                    $"data position: expected a place inside {_shards.Length} shards, got \"{value}\". "
                    + "The run was started with other data. Resume with the same files in the same order.");
            }

            (_epoch, _shard, _position) = (numbers[0], numbers[1], numbers[2]);
        }
    }

    /// <inheritdoc/>
    public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
    {
        BatchWindow.Check(tokens, targets, batch, sequenceLength);
        for (var row = 0; row < batch; row++)
        {
            FindWindow(sequenceLength);
            BatchWindow.Read(_shards[_shard], _position, tokens, targets, row, sequenceLength);
            _position += sequenceLength;
        }
    }

    private void FindWindow(int sequenceLength)
    {
        for (var tried = 0; _position + sequenceLength >= _shards[_shard].Count; tried++)
        {
            if (tried > _shards.Length)
            {
                BatchWindow.ThrowTooShort(_shards, sequenceLength);
            }

            _position = 0;
            _shard++;
            if (_shard == _shards.Length)
            {
                _shard = 0;
                _epoch++;
            }
        }
    }
}
