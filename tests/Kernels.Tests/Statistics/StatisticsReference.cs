namespace Kernels.Tests.Statistics;

/// <summary>
/// Rank, mass and sink in f64 by other means than the operations: one-sided Jacobi for the singular values.
/// </summary>
public static class StatisticsReference
{
    public static double[] SquaredSingularValues(double[,] matrix)
    {
        var n = matrix.GetLength(0);
        var a = (double[,])matrix.Clone();
        for (var sweep = 0; sweep < 60; sweep++)
        {
            var largest = 0.0;
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++)
                {
                    largest = Math.Max(largest, Rotate(a, p, q));
                }
            }

            if (largest < 1e-15)
            {
                break;
            }
        }

        return ColumnSquares(a).OrderDescending().ToArray();
    }

    public static double[] ColumnSquares(double[,] a)
    {
        var n = a.GetLength(0);
        return Enumerable.Range(0, n).Select(j => Enumerable.Range(0, n).Sum(i => a[i, j] * a[i, j])).ToArray();
    }

    public static int Count(double[] shares, double level)
    {
        var total = shares.Sum();
        var sum = 0.0;
        for (var k = 0; k < shares.Length; k++)
        {
            sum += shares[k];
            if (sum >= level * total - 1e-12 * total)
            {
                return k + 1;
            }
        }

        return shares.Length;
    }

    /// <summary>Makes two columns orthogonal; returns how far they were from it.</summary>
    private static double Rotate(double[,] a, int p, int q)
    {
        var n = a.GetLength(0);
        var (alpha, beta, gamma) = (0.0, 0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            alpha += a[i, p] * a[i, p];
            beta += a[i, q] * a[i, q];
            gamma += a[i, p] * a[i, q];
        }

        if (Math.Abs(gamma) <= 1e-300 || Math.Abs(gamma) <= 1e-16 * Math.Sqrt(alpha * beta))
        {
            return 0;
        }

        var zeta = (beta - alpha) / (2 * gamma);
        var t = Math.CopySign(1, zeta) / (Math.Abs(zeta) + Math.Sqrt(1 + zeta * zeta));
        var c = 1 / Math.Sqrt(1 + t * t);
        for (var i = 0; i < n; i++)
        {
            (a[i, p], a[i, q]) = (c * (a[i, p] - t * a[i, q]), c * (t * a[i, p] + a[i, q]));
        }

        return Math.Abs(gamma) / Math.Sqrt(alpha * beta);
    }
}
