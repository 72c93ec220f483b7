using Engine.Tests.Training;
using Inheritune.Engine.Data;

namespace Engine.Tests.Data;

public sealed class BatchSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<TokenShard> _shards = [];

    public void Dispose()
    {
        _shards.ForEach(shard => shard.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public void Random_AnyDraw_TargetsFollowTokensInsideOneShard()
    {
        var source = new RandomBatchSource(Shards(40, 13, 90), 7);
        var starts = new HashSet<int>();
        for (var i = 0; i < 400; i++)
        {
            var (tokens, targets) = Next(source, 3, 12);
            for (var row = 0; row < 3; row++)
            {
                var first = tokens[row * 12];
                starts.Add(first);
                for (var t = 0; t < 12; t++)
                {
                    Assert.Equal(first + t, tokens[row * 12 + t]);
                    Assert.Equal(first + t + 1, targets[row * 12 + t]);
                }
            }
        }

        // Tokens count on from shard to shard by 1000: every possible start was drawn, and no other.
        int[] expected = [.. Enumerable.Range(0, 28), 1000, .. Enumerable.Range(2000, 78)];
        Assert.Equal(expected, starts.Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void State_SetOnANewSource_GoesOnAtTheSamePlace(bool random)
    {
        var shards = Shards(100, 64);
        var one = Make(random, shards);
        for (var i = 0; i < 5; i++)
        {
            Next(one, 2, 9);
        }

        var two = Make(random, shards);
        two.State = one.State;
        for (var i = 0; i < 30; i++)
        {
            var (expected, actual) = (Next(one, 2, 9), Next(two, 2, 9));
            Assert.Equal(expected.Tokens, actual.Tokens);
            Assert.Equal(expected.Targets, actual.Targets);
        }
    }

    [Fact]
    public void Random_OtherSeeds_GiveOtherWindows()
    {
        var shards = Shards(900);
        Assert.NotEqual(
            Next(new RandomBatchSource(shards, 1), 8, 4).Tokens,
            Next(new RandomBatchSource(shards, 2), 8, 4).Tokens);
        var again = new RandomBatchSource(shards, 1);
        Assert.NotEqual(Next(again, 8, 4).Tokens, Next(again, 8, 4).Tokens);
    }

    [Fact]
    public void Sources_BatchCutIntoMicroBatches_GiveTheSameRows()
    {
        var shards = Shards(333, 50);
        foreach (var random in new[] { true, false })
        {
            var whole = Next(Make(random, shards), 6, 10).Tokens;
            var parts = Make(random, shards);
            int[] joined = [.. Next(parts, 2, 10).Tokens, .. Next(parts, 1, 10).Tokens,
                .. Next(parts, 3, 10).Tokens];
            Assert.Equal(whole, joined);
        }
    }

    [Fact]
    public void Sequential_PassesTheEnd_CountsEpochsAndBeginsAgain()
    {
        // 21 tokens hold 2 windows of 10, 11 hold 1, 10 hold none.
        var source = new SequentialBatchSource(Shards(21, 11, 10));
        Assert.Equal([0, 10, 1000], FirstTokens(Next(source, 3, 10).Tokens, 10));
        Assert.Equal(0, source.Epoch);
        Assert.Equal([0, 10, 1000, 0], FirstTokens(Next(source, 4, 10).Tokens, 10));
        Assert.Equal(2, source.Epoch);
    }

    [Fact]
    public void Sources_ShardTooShort_SaySo()
    {
        var shards = Shards(10, 8);
        foreach (var random in new[] { true, false })
        {
            var error = Assert.Throws<TokenFileException>(() => Next(Make(random, shards), 1, 10));
            Assert.Contains("expected a shard of at least T + 1 = 11 tokens, got at most 10.", error.Message,
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("random")]
    [InlineData("random 3 4 5")]
    [InlineData("random 99 4")]
    [InlineData("random 7 -4")]
    [InlineData("random x 4")]
    [InlineData("sequential 0 9 0")]
    [InlineData("sequential 0 0 101")]
    [InlineData("sequential 0 -1 0")]
    public void State_OfAnotherSource_IsRefused(string state)
    {
        var shards = Shards(100);
        foreach (var random in new[] { true, false })
        {
            var error = Assert.Throws<TokenFileException>(() => Make(random, shards).State = state);
            Assert.StartsWith("data position: expected", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Next_Repeated_AllocatesNothing()
    {
        var shards = Shards(500, 700);
        var validation = new FixedBatches(shards[0], 2, 16, 0, 3);
        int[] tokens = new int[32], targets = new int[32];
        IBatchSource[] sources = [new RandomBatchSource(shards, 1), new SequentialBatchSource(shards)];
        long before = 0;
        for (var i = 0; i < 200; i++)
        {
            before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
            foreach (var source in sources)
            {
                source.Next(tokens, targets, 2, 16);
            }

            validation.Read(i % 3, tokens, targets);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Fixed_AllBatches_CoverEveryWindowOnce()
    {
        var shard = Shards(10 * 37 + 1)[0];
        var batches = new FixedBatches(shard, 3, 10, 0, 12);
        var starts = new List<int>();
        for (var i = 0; i < batches.Count; i++)
        {
            var (tokens, targets) = (new int[30], new int[30]);
            batches.Read(i, tokens, targets);
            Assert.Equal(tokens.Select(id => id + 1), targets);
            starts.AddRange(FirstTokens(tokens, 10));
        }

        Assert.Equal(36, starts.Distinct().Count());
        Assert.All(starts, start => Assert.Equal(0, start % 10));
        Assert.Equal(360, batches.Tokens);
    }

    [Fact]
    public void Fixed_Split_IsDisjointAndDoublesUpToTheRest()
    {
        var shard = Shards(8 * 50 + 1)[0];
        var (stopping, final) = FixedBatches.Split(shard, 2, 8, 3, 7);
        var sizes = new List<int> { stopping.Count };
        while (!stopping.IsWhole)
        {
            stopping = stopping.Doubled();
            sizes.Add(stopping.Count);
        }

        Assert.Equal([3, 6, 12, 18], sizes);
        var all = Windows(stopping).Concat(Windows(final)).ToList();
        Assert.Equal(50, all.Distinct().Count());
        Assert.Equal(Windows(stopping).Take(6), Windows(FixedBatches.Split(shard, 2, 8, 3, 7).Stopping));
    }

    [Fact]
    public void Fixed_SmallRange_IsSpreadOverTheShard()
    {
        var shard = Shards(5 * 180 + 1)[0];
        var starts = Windows(new FixedBatches(shard, 4, 5, 0, 5)).Order().ToList();
        for (var i = 1; i < starts.Count; i++)
        {
            Assert.InRange(starts[i] - starts[i - 1], 5, 150);
        }
    }

    [Fact]
    public void Fixed_TooFewTokens_SaysHowMany()
    {
        var shard = Shards(100)[0];
        var error = Assert.Throws<TokenFileException>(() => new FixedBatches(shard, 2, 10, 0, 5));
        Assert.Contains(
            "validation batches: expected at least 5 of B=2, T=10, got 4 from 100 "
            + "tokens.", error.Message, StringComparison.Ordinal);
        Assert.Throws<TokenFileException>(() => FixedBatches.Split(shard, 2, 10, 3, 2));
    }

    private static List<int> Windows(FixedBatches batches)
    {
        var size = batches.Batch * batches.SequenceLength;
        var result = new List<int>();
        for (var i = 0; i < batches.Count; i++)
        {
            var tokens = new int[size];
            batches.Read(i, tokens, new int[size]);
            result.AddRange(FirstTokens(tokens, batches.SequenceLength));
        }

        return result;
    }

    private static IEnumerable<int> FirstTokens(int[] tokens, int sequenceLength) =>
        tokens.Where((_, i) => i % sequenceLength == 0);

    private static IBatchSource Make(bool random, IReadOnlyList<TokenShard> shards) =>
        random ? new RandomBatchSource(shards, 7) : new SequentialBatchSource(shards);

    private static (int[] Tokens, int[] Targets) Next(IBatchSource source, int batch, int sequenceLength)
    {
        var (tokens, targets) = (new int[batch * sequenceLength], new int[batch * sequenceLength]);
        source.Next(tokens, targets, batch, sequenceLength);
        return (tokens, targets);
    }

    /// <summary>Shards of counting tokens: shard s holds 1000 s, 1000 s + 1, …</summary>
    private List<TokenShard> Shards(params int[] counts)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            var path = _folder[$"{_shards.Count}.bin"];
            TokenShardWriter.Write(path, 50000, [.. Enumerable.Range(1000 * i, counts[i])]);
            _shards.Add(TokenShard.Open(path, 50000));
        }

        return _shards;
    }
}
