using System.Text.Json;
using Inheritune.Kernels;

namespace Kernels.Tests.Statistics;

/// <summary>What the matrix statistics must do on every device.</summary>
public abstract class StatisticsSuite : DeviceSuite
{
    [Fact]
    public void MatrixStatistics_Oracles_GiveTheKnownCounts()
    {
        foreach (var oracle in LazyLayersFixture.Root.GetProperty("oracles").EnumerateArray())
        {
            var matrix = LazyLayersFixture.Oracle(oracle.GetProperty("name").GetString()!, oracle.GetProperty("T").GetInt32());
            AssertCounts(oracle, matrix);
            AssertSink(oracle, matrix);
        }
    }

    [Fact]
    public void MatrixStatistics_GoldenMatrices_GiveTheirCounts()
    {
        foreach (var golden in LazyLayersFixture.Root.GetProperty("matrices").EnumerateArray())
        {
            // The ties at a level are numbers of f64; rounded to f32 they are ties no longer. See
            // MatrixSpectrumTests.
            if (!golden.GetProperty("name").GetString()!.StartsWith("tie-", StringComparison.Ordinal))
            {
                AssertCounts(golden, LazyLayersFixture.Matrix(golden));
            }

            AssertSink(golden, LazyLayersFixture.Matrix(golden));
        }
    }

    [Fact]
    public void MatrixRank_ExactTie_CountsAsReached()
    {
        var matrix = new double[,] { { 3, 0 }, { 0, 1 } };

        Assert.Equal([1, 2], Rank([matrix], [0.9, 0.900001]));
        Assert.Equal([1, 2], Mass([matrix], [0.9, 0.900001], sorted: true));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(65)]
    [InlineData(100)]
    public void MatrixRank_RandomCausalAttention_MatchesJacobi(int T)
    {
        var matrices = Enumerable.Range(0, 5).Select(i => RandomAttention(T, 1 + i)).ToArray();
        double[] levels = [0.5, 0.8, 0.9, 0.95, 0.99];

        var expected = matrices.SelectMany(m =>
        {
            var shares = StatisticsReference.SquaredSingularValues(m);
            return levels.Select(level => StatisticsReference.Count(shares, level));
        });

        Assert.Equal(expected, Rank(matrices, levels));
    }

    [Fact]
    public void MatrixMass_RandomMatrices_MatchesReference()
    {
        var matrices = Enumerable.Range(0, 9).Select(_ => RandomAttention(37, 2)).ToArray();
        double[] levels = [0.9, 0.5];
        int[] Expected(bool sorted) => matrices.SelectMany(m =>
        {
            var squares = StatisticsReference.ColumnSquares(m);
            var shares = sorted ? squares.OrderDescending().ToArray() : squares;
            return levels.Select(level => StatisticsReference.Count(shares, level));
        }).ToArray();

        Assert.Equal(Expected(true), Mass(matrices, levels, sorted: true));
        Assert.Equal(Expected(false), Mass(matrices, levels, sorted: false));
    }

    [Fact]
    public void MatrixRank_NotFinite_CountsNothing()
    {
        var matrix = new double[,] { { 1, 0 }, { double.NaN, 1 } };

        Assert.Equal([0], Rank([matrix], [0.9]));
        Assert.Equal([0], Mass([matrix], [0.9], sorted: true));
    }

    [Fact]
    public void MatrixStatistics_AnyThreadCount_SameBits() => RequireSameBits(() =>
    {
        var matrices = Enumerable.Range(0, 7).Select(_ => RandomAttention(50, 1)).ToArray();
        return [Array.ConvertAll(Rank(matrices, [0.9]), rank => (float)rank), Sink(matrices)];
    });

    [Fact]
    public void MatrixRank_WrongOperands_SayWhatWasExpected()
    {
        var (matrices, square, ranks) = (Poisoned(2, 3, 4), Poisoned(2, 3, 3), Guarded(DType.I32, 2, 17));

        RequireError(
            "MatrixRank: matrices: expected F32 (M, T, T), got F32 (2, 3, 4).",
            () => Ops.MatrixRank(ranks, matrices, [0.9]));
        RequireError("MatrixRank: levels: expected 1 to 16, got 17.", () => Ops.MatrixRank(ranks, square, new double[17]));
    }

    private double[,] RandomAttention(int T, double deviation)
    {
        var logits = NormalValues((long)T * T, deviation);
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

    private void AssertCounts(JsonElement golden, double[,] matrix)
    {
        var name = golden.GetProperty("name").GetString();
        foreach (var (property, count) in new (string, Func<double[], int[]>)[]
        {
            ("rank", levels => Rank([matrix], levels)),
            ("mass_sorted", levels => Mass([matrix], levels, sorted: true)),
            ("mass_natural", levels => Mass([matrix], levels, sorted: false)),
        })
        {
            var entries = golden.GetProperty(property).EnumerateObject().ToArray();
            var actual = count(entries.Select(e => double.Parse(e.Name)).ToArray());
            Assert.Equal(
                $"{name} {property} {string.Join(' ', entries.Select(e => e.Value.GetInt32()))}",
                $"{name} {property} {string.Join(' ', actual)}");
        }
    }

    private void AssertSink(JsonElement golden, double[,] matrix)
    {
        var actual = Sink([matrix]);
        Assert.Equal(golden.GetProperty("sink_share").GetDouble(), actual[0], 1e-6);
        Assert.Equal(golden.GetProperty("sink_mass").GetDouble(), actual[1], 1e-6);
        Assert.Equal(golden.GetProperty("entropy").GetDouble(), actual[2], 2e-6);
    }

    private Tensor Upload(double[][,] matrices)
    {
        var T = matrices[0].GetLength(0);
        return Make([.. matrices.SelectMany(m => m.Cast<double>()).Select(v => (float)v)], matrices.Length, T, T);
    }

    private int[] Rank(double[][,] matrices, double[] levels)
    {
        var ranks = Guarded(DType.I32, matrices.Length, levels.Length);
        Ops.MatrixRank(ranks, Upload(matrices), levels);
        return Counts(ranks);
    }

    private int[] Mass(double[][,] matrices, double[] levels, bool sorted)
    {
        var counts = Guarded(DType.I32, matrices.Length, levels.Length);
        Ops.MatrixMass(counts, Upload(matrices), levels, sorted);
        return Counts(counts);
    }

    private float[] Sink(double[][,] matrices)
    {
        var statistics = Poisoned(matrices.Length, 3);
        Ops.MatrixSink(statistics, Upload(matrices));
        return statistics.ToArray();
    }

    private static int[] Counts(Tensor tensor)
    {
        var counts = new int[tensor.Count];
        tensor.ReadToHost<int>(counts);
        return counts;
    }
}
