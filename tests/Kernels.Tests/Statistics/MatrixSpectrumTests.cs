using Inheritune.Kernels.Cpu.Statistics;

namespace Kernels.Tests.Statistics;

/// <summary>Singular values and level tests in f64, below the rounding of the operands to f32.</summary>
public sealed unsafe class MatrixSpectrumTests
{
    [Fact]
    public void SquaredSingularValues_GoldenMatrices_MatchEnergyShares()
    {
        foreach (var golden in LazyLayersFixture.Root.GetProperty("matrices").EnumerateArray())
        {
            var n = golden.GetProperty("rows").GetInt32();
            var values = Spectrum(LazyLayersFixture.Matrix(golden).Cast<double>().ToArray(), n);
            var total = values.Sum();
            var shares = golden.GetProperty("energy_shares");
            for (var i = 0; i < n; i++)
            {
                Assert.Equal(i < shares.GetArrayLength() ? shares[i].GetDouble() : 0, values[i] / total, 2e-14);
            }

            foreach (var level in golden.GetProperty("rank").EnumerateObject())
            {
                Assert.Equal(
                    $"{golden.GetProperty("name")} {level.Name} {level.Value.GetInt32()}",
                    $"{golden.GetProperty("name")} {level.Name} {Count(values, double.Parse(level.Name))}");
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(31)]
    [InlineData(100)]
    public void SquaredSingularValues_GradedSpectrum_AbsoluteErrorIsTiny(int n)
    {
        var random = new Random(n);
        var matrix = new double[n, n];
        for (var i = 0; i < n * n; i++)
        {
            matrix[i / n, i % n] = (random.NextDouble() - 0.5) * Math.Pow(10, -12.0 * (i % n) / n);
        }

        var expected = StatisticsReference.SquaredSingularValues(matrix);
        var actual = Spectrum(matrix.Cast<double>().ToArray(), n);

        for (var i = 0; i < n; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-14 * expected.Sum());
        }
    }

    [Fact]
    public void SquaredSingularValues_Zeros_AreZero() => Assert.Equal(new double[5], Spectrum(new double[25], 5));

    private static double[] Spectrum(double[] matrix, int n)
    {
        var values = new double[n];
        var scratch = new double[MatrixSpectrum.ScratchDoubles(n)];
        fixed (double* pointer = matrix, result = values, work = scratch)
        {
            MatrixSpectrum.SquaredSingularValues(result, pointer, n, work);
        }

        return values;
    }

    private static int Count(double[] values, double level)
    {
        var count = 0;
        fixed (double* shares = values)
        {
            new LevelList([level]).CountShares(&count, shares, values.Length);
        }

        return count;
    }
}
