using System.Diagnostics.CodeAnalysis;

namespace Inheritune.Engine.Data;

/// <summary>A window of T + 1 consecutive tokens: T inputs and, one later, T targets.</summary>
internal static class BatchWindow
{
    public static void Check(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, int batch,
        int sequenceLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequenceLength, 1);
        var count = checked(batch * sequenceLength);
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Length, count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Length, count);
    }

    public static void Read(
        TokenShard shard, long start, Span<int> tokens, Span<int> targets, int row, int sequenceLength)
    {
        var inputs = tokens.Slice(row * sequenceLength, sequenceLength);
        var outputs = targets.Slice(row * sequenceLength, sequenceLength);
        shard.Read(start, inputs);
        inputs[1..].CopyTo(outputs);
        shard.Read(start + sequenceLength, outputs[^1..]);
    }

    [DoesNotReturn]
    public static void ThrowTooShort(IReadOnlyList<TokenShard> shards, int sequenceLength)
    {
        var longest = shards.Max(shard => shard.Count);
        throw new TokenFileException(
            $"{Path.GetFileName(shards[0].Path)}: length: expected a shard of at least T + 1 = "
            + $"{sequenceLength + 1L} tokens, "
            + $"got at most {longest}. Prepare more text or lower the sequence length.");
    }
}
