using Inheritune.Runs;

namespace Inheritune.Tests.Runs;

public sealed class StopDecisionTests
{
    [Fact]
    public void PairedDifference_KnownNumbers_MatchTheFormula()
    {
        // Differences 1, 2, 6: mean 3, sample variance (4 + 1 + 9) / 2 = 7, standard error √(7/3).
        var d = PairedDifference.Of([2, 4, 9], [1, 2, 3]);

        Assert.Equal(3, d.Mean, 12);
        Assert.Equal(Math.Sqrt(7.0 / 3), d.StandardError, 12);
        Assert.Equal(3, d.Batches);
    }

    [Fact]
    public void PairedDifference_SharedNoise_CancelsOut()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var reference = Enumerable.Range(0, 50).Select(_ => 4 + random.NextDouble()).ToArray();
        var child = reference.Select(l => l + 0.25).ToArray();

        var d = PairedDifference.Of(child, reference);

        Assert.True(Math.Abs(d.Mean - 0.25) < 1e-12 && d.StandardError < 1e-12, $"seed {seed}: {d}");
    }

    [Fact]
    public void PairedDifference_UnequalLengths_Refused() =>
        Assert.Throws<ArgumentException>(() => PairedDifference.Of([1, 2], [1]));

    [Theory]
    [InlineData(-0.10, 0.001, false, StopVerdict.Matched, true)]
    [InlineData(0.10, 0.001, false, StopVerdict.Grow, true)]
    [InlineData(0.0101, 0.5, false, StopVerdict.MoreBatches, false)]
    [InlineData(0.0099, 0.5, true, StopVerdict.Matched, false)]
    [InlineData(0.0101, 0.5, true, StopVerdict.Grow, false)]
    public void Paired_MeanAndNoise_Decide(
        double mean, double noise, bool isWhole, StopVerdict verdict, bool isClear)
    {
        double[] reference = [4, 4, 4, 4];
        double[] child = [4 + mean - noise, 4 + mean + noise, 4 + mean - noise, 4 + mean + noise];

        var decision = StopDecision.Paired(child, reference, 0.01, isWhole);

        Assert.Equal((verdict, isClear), (decision.Verdict, decision.IsClear));
    }

    [Fact]
    public void Paired_WithinToleranceClearly_IsMatchedAboveTheReference()
    {
        var decision = StopDecision.Paired([4.005, 4.005], [4, 4], 0.01, false);

        Assert.Equal(StopVerdict.Matched, decision.Verdict);
        Assert.Equal(StopVerdict.Grow, StopDecision.Paired([4.005, 4.005], [4, 4], 0, false).Verdict);
    }

    [Fact]
    public void Paired_NotANumber_IsNeverMatched() =>
        Assert.Equal(StopVerdict.Grow, StopDecision.Paired([double.NaN, 4], [4, 4], 0.01, true).Verdict);

    [Fact]
    public void Mean_LastTen_AreAveraged()
    {
        double[] reference = [9, 9, .. Enumerable.Repeat(4.0, 10)];
        double[] child = [1, 1, .. Enumerable.Repeat(4.02, 10)];

        var decision = StopDecision.Mean(child, reference, 0.01);

        Assert.Equal(StopVerdict.Grow, decision.Verdict);
        Assert.Equal(0.02, decision.Difference.Mean, 9);
    }

    [Theory]
    [InlineData(4.0, 4.0, StopVerdict.Matched)]
    [InlineData(4.001, 4.0, StopVerdict.Grow)]
    public void Paper_LastValue_HasNoTolerance(double child, double reference, StopVerdict verdict) =>
        Assert.Equal(verdict, StopDecision.Paper(child, reference).Verdict);
}
