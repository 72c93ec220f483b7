using System.Text.Json;
using Inheritune.Kernels;
using Kernels.Tests.Attention;

namespace Kernels.Tests.Statistics;

/// <summary>What the matrix statistics must do on every device.</summary>
public abstract class StatisticsSuite
{
    [Fact]
    public void MatrixStatistics_Oracles_GiveTheKnownCounts()
    {
        using var device = Open(0);
        foreach (var oracle in LazyLayersFixture.Root.GetProperty("oracles").EnumerateArray())
        {
            var matrix = LazyLayersFixture.Oracle(oracle.GetProperty("name").GetString()!, oracle.GetProperty("T").GetInt32());
            AssertCounts(device, oracle, matrix);
            AssertSink(device, oracle, matrix);
        }
    }

    [Fact]
    public void MatrixStatistics_GoldenMatrices_GiveTheirCounts()
    {
        using var device = Open(0);
        foreach (var golden in LazyLayersFixture.Root.GetProperty("matrices").EnumerateArray())
        {
            // The ties at a level are numbers of f64; rounded to f32 they are ties no longer. See
            // MatrixSpectrumTests.
            if (!golden.GetProperty("name").GetString()!.StartsWith("tie-", StringComparison.Ordinal))
            {
                AssertCounts(device, golden, LazyLayersFixture.Matrix(golden));
            }

            AssertSink(device, golden, LazyLayersFixture.Matrix(golden));
        }
    }

    [Fact]
    public void MatrixRank_ExactTie_CountsAsReached()
    {
        using var device = Open(0);
        var matrix = new double[,] { { 3, 0 }, { 0, 1 } };

        Assert.Equal([1, 2], Rank(device, [matrix], [0.9, 0.900001]));
        Assert.Equal([1, 2], Mass(device, [matrix], [0.9, 0.900001], sorted: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(65)]
    [InlineData(100)]
    public void MatrixRank_RandomCausalAttention_MatchesJacobi(int T)
    {
        using var device = Open(0);
        var inputs = new AttentionInputs();
        var matrices = Enumerable.Range(0, 5).Select(i => RandomAttention(inputs, T, 1 + i)).ToArray();
        double[] levels = [0.5, 0.8, 0.9, 0.95, 0.99];

        var expected = matrices.SelectMany(m =>
        {
            var shares = StatisticsReference.SquaredSingularValues(m);
            return levels.Select(level => StatisticsReference.Count(shares, level));
        });

        Assert.Equal(expected, Rank(device, matrices, levels));
    }

    [Fact]
    public void MatrixMass_RandomMatrices_MatchesReference()
    {
        using var device = Open(0);
        var inputs = new AttentionInputs();
        var matrices = Enumerable.Range(0, 9).Select(_ => RandomAttention(inputs, 37, 2)).ToArray();
        double[] levels = [0.9, 0.5];
        int[] Expected(bool sorted) => matrices.SelectMany(m =>
        {
            var squares = StatisticsReference.ColumnSquares(m);
            var shares = sorted ? squares.OrderDescending().ToArray() : squares;
            return levels.Select(level => StatisticsReference.Count(shares, level));
        }).ToArray();

        Assert.Equal(Expected(true), Mass(device, matrices, levels, sorted: true));
        Assert.Equal(Expected(false), Mass(device, matrices, levels, sorted: false));
    }

    [Fact]
    public void MatrixRank_NotFinite_CountsNothing()
    {
        using var device = Open(0);
        var matrix = new double[,] { { 1, 0 }, { double.NaN, 1 } };

        Assert.Equal([0], Rank(device, [matrix], [0.9]));
        Assert.Equal([0], Mass(device, [matrix], [0.9], sorted: true));
    }

    [Fact]
    public void MatrixStatistics_AnyThreadCount_SameBits()
    {
        var inputs = new AttentionInputs();
        var matrices = Enumerable.Range(0, 7).Select(_ => RandomAttention(inputs, 50, 1)).ToArray();
        var results = new List<(int[] Ranks, float[] Sinks)>();
        foreach (var threads in new[] { 1, 2, 3 })
        {
            using var device = Open(threads);
            results.Add((Rank(device, matrices, [0.9]), Sink(device, matrices)));
        }

        Assert.All(results, r => Assert.Equal(results[0].Ranks, r.Ranks));
        Assert.All(results, r => Assert.Equal(results[0].Sinks, r.Sinks));
    }

    [Fact]
    public void MatrixRank_WrongOperands_SayWhatWasExpected()
    {
        using var device = Open(1);
        using var matrices = new Guarded(device, DType.F32, 2, 3, 4);
        using var square = new Guarded(device, DType.F32, 2, 3, 3);
        using var ranks = new Guarded(device, DType.I32, 2, 17);

        var shape = Assert.Throws<ShapeException>(() => device.Ops.MatrixRank(ranks.Tensor, matrices.Tensor, [0.9]));
        var levels = Assert.Throws<ShapeException>(() => device.Ops.MatrixRank(ranks.Tensor, square.Tensor, new double[17]));

        Assert.Contains("expected F32 (M, T, T), got F32 (2, 3, 4)", shape.Message, StringComparison.Ordinal);
        Assert.Contains("levels: expected 1 to 16, got 17", levels.Message, StringComparison.Ordinal);
    }

    /// <summary>Opens the device under test.</summary>
    protected abstract Device Open(int threads);

    private static double[,] RandomAttention(AttentionInputs inputs, int T, double deviation)
    {
        var logits = inputs.Normal((long)T * T, deviation);
        var matrix = new double[T, T];
        for (var p = 0; p < T; p++)
        {
            var sum = Enumerable.Range(0, p + 1).Sum(j => Math.Exp(logits[p * T + j]));
            for (var j = 0; j <= p; j++)
            {
                matrix[p, j] = (float)(Math.Exp(logits[p * T + j]) / sum);
            }
        }

        return matrix;
    }

    private static void AssertCounts(Device device, JsonElement golden, double[,] matrix)
    {
        var name = golden.GetProperty("name").GetString();
        foreach (var (property, count) in new (string, Func<double[], int[]>)[]
        {
            ("rank", levels => Rank(device, [matrix], levels)),
            ("mass_sorted", levels => Mass(device, [matrix], levels, sorted: true)),
            ("mass_natural", levels => Mass(device, [matrix], levels, sorted: false)),
        })
        {
            var entries = golden.GetProperty(property).EnumerateObject().ToArray();
            var actual = count(entries.Select(e => double.Parse(e.Name)).ToArray());
            Assert.Equal(
                $"{name} {property} {string.Join(' ', entries.Select(e => e.Value.GetInt32()))}",
                $"{name} {property} {string.Join(' ', actual)}");
        }
    }

    private static void AssertSink(Device device, JsonElement golden, double[,] matrix)
    {
        var actual = Sink(device, [matrix]);
        Assert.Equal(golden.GetProperty("sink_share").GetDouble(), actual[0], 1e-6);
        Assert.Equal(golden.GetProperty("sink_mass").GetDouble(), actual[1], 1e-6);
        Assert.Equal(golden.GetProperty("entropy").GetDouble(), actual[2], 2e-6);
    }

    private static Guarded Upload(Device device, double[][,] matrices)
    {
        var T = matrices[0].GetLength(0);
        return new Guarded(device, matrices.SelectMany(m => m.Cast<double>()).ToArray(), matrices.Length, T, T);
    }

    private static int[] Rank(Device device, double[][,] matrices, double[] levels)
    {
        using var tensor = Upload(device, matrices);
        using var ranks = new Guarded(device, DType.I32, matrices.Length, levels.Length);
        device.Ops.MatrixRank(ranks.Tensor, tensor.Tensor, levels);
        return ranks.Counts();
    }

    private static int[] Mass(Device device, double[][,] matrices, double[] levels, bool sorted)
    {
        using var tensor = Upload(device, matrices);
        using var counts = new Guarded(device, DType.I32, matrices.Length, levels.Length);
        device.Ops.MatrixMass(counts.Tensor, tensor.Tensor, levels, sorted);
        return counts.Counts();
    }

    private static float[] Sink(Device device, double[][,] matrices)
    {
        using var tensor = Upload(device, matrices);
        using var statistics = new Guarded(device, DType.F32, matrices.Length, 3);
        device.Ops.MatrixSink(statistics.Tensor, tensor.Tensor);
        return statistics.Values();
    }
}
