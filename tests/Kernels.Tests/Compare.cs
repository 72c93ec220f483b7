namespace Kernels.Tests;

/// <summary>Comparison with a float64 reference, and gradient checks of that reference.</summary>
public static class Compare
{
    private const double FloatEps = 1.1920929e-7;

    /// <summary>Rounding of the float64 reference itself, for values of about 1.</summary>
    private const double ReferenceFloor = 1e-14;

    /// <summary>
    /// ‖y − r‖ ≤ 2‖n − r‖ + floor, in the Euclidean and in the largest norm: y as tested, r the float64 result, n a plain
    /// f32 one. NaN fails. A sum may cancel, and a plain result may be exact by luck: the floor is then that of the
    /// operands, whose size is <paramref name="operandScale"/>. Results of a coarser type may
    /// each be off by <paramref name="roundoff"/> of themselves.
    /// </summary>
    public static void Close(string what, float[] actual, double[] reference, float[] naive, double floorUlps = 4,
        double operandScale = 0, double roundoff = 0)
    {
        Assert.Equal(reference.Length, actual.Length);
        double error2 = 0, naive2 = 0, norm2 = 0, error = 0, naiveError = 0, largest = 0;
        for (var i = 0; i < actual.Length; i++)
        {
            if (double.IsNaN(actual[i]))
            {
                Assert.Fail($"{what}: element {i} is NaN, expected {reference[i]}");
            }

            var (e, n) = (Math.Abs(actual[i] - reference[i]), Math.Abs(naive[i] - reference[i]));
            (error2, naive2, norm2) = (error2 + e * e, naive2 + n * n, norm2 + reference[i] * reference[i]);
            (error, naiveError) = (Math.Max(error, e), Math.Max(naiveError, n));
            largest = Math.Max(largest, Math.Abs(reference[i]));
        }

        var (rounding2, rounding) = (roundoff * Math.Sqrt(norm2), roundoff * largest);
        norm2 = Math.Max(norm2, operandScale * operandScale * actual.Length);
        largest = Math.Max(largest, operandScale);
        var allowed2 = 2 * Math.Sqrt(naive2) + floorUlps * FloatEps * Math.Sqrt(norm2) + rounding2 + ReferenceFloor;
        var allowed = 2 * naiveError + floorUlps * FloatEps * largest + rounding + ReferenceFloor;
        Assert.True(Math.Sqrt(error2) <= allowed2, $"{what}: error {Math.Sqrt(error2):E3}, allowed {allowed2:E3}");
        Assert.True(error <= allowed, $"{what}: largest error {error:E3}, allowed {allowed:E3}");
    }

    /// <summary>The gradient agrees with central differences of <paramref name="loss"/>.</summary>
    public static void CentralDifferences(string what, Func<double[], double> loss, double[] x, double[] gradient)
    {
        const double H = 1e-5;
        for (var i = 0; i < x.Length; i++)
        {
            var saved = x[i];
            x[i] = saved + H;
            var above = loss(x);
            x[i] = saved - H;
            var below = loss(x);
            x[i] = saved;
            var slope = (above - below) / (2 * H);
            Assert.True(
                Math.Abs(slope - gradient[i]) <= 1e-7 * (1 + Math.Abs(slope)),
                $"{what}: element {i}: difference {slope:R}, gradient {gradient[i]:R}");
        }
    }

    /// <summary>As float64.</summary>
    public static double[] Doubles(this float[] values) => Array.ConvertAll(values, value => (double)value);

    /// <summary>Σ a b.</summary>
    public static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
