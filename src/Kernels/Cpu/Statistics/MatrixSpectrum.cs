using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>
/// Squared singular values of a square matrix in f64: the eigenvalues of AᵀA, by Householder
/// tridiagonalisation and implicit QL. Forming AᵀA costs absolute accuracy of about n·2⁻⁵³ of the total,
/// which is all that shares of the total need, and saves three quarters of the work of a bidiagonalisation
/// with its two-sided reflections.
/// </summary>
internal static unsafe class MatrixSpectrum
{
    private const double Epsilon = 2.220446049250313e-16;
    private const int MaxIterations = 60;

    /// <summary>
    /// Working memory for an n×n matrix, its n values included: the Gram matrix, off-diagonal and two
    /// vectors.
    /// </summary>
    public static long ScratchDoubles(int n) => checked((long)n * n + 5L * n);

    /// <summary>Squared singular values in descending order; NaN if the matrix is not finite.</summary>
    /// <param name="values">n values.</param>
    /// <param name="matrix">n×n, row-major.</param>
    /// <param name="n">Rows and columns.</param>
    /// <param name="scratch"><see cref="ScratchDoubles"/> values.</param>
    public static void SquaredSingularValues<TElement>(double* values, TElement* matrix, int n, double* scratch)
        where TElement : unmanaged, INumberBase<TElement>
    {
        var gram = scratch;
        var offDiagonal = gram + (long)n * n;
        Gram(gram, matrix, n, offDiagonal);
        var total = 0.0;
        for (var i = 0; i < n; i++)
        {
            total += gram[(long)i * n + i];
        }

        if (!double.IsFinite(total))
        {
            new Span<double>(values, n).Fill(double.NaN);
            return;
        }

        Tridiagonalise(values, offDiagonal, gram, n, offDiagonal + n, offDiagonal + 2 * n);
        ImplicitQl(values, offDiagonal, n, Epsilon * total);
        var span = new Span<double>(values, n);
        span.Sort();
        span.Reverse();
        for (var i = 0; i < n; i++)
        {
            values[i] = Math.Max(values[i], 0);
        }
    }

    /// <summary>gram = AᵀA, both triangles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gram<TElement>(double* gram, TElement* matrix, int n, double* row)
        where TElement : unmanaged, INumberBase<TElement>
    {
        new Span<double>(gram, checked(n * n)).Clear();
        for (var r = 0; r < n; r++)
        {
            var used = 0;
            for (var i = 0; i < n; i++)
            {
                row[i] = double.CreateTruncating(matrix[(long)r * n + i]);
                used = row[i] == 0 ? used : i + 1;
            }

            for (var i = 0; i < used; i++)
            {
                if (row[i] != 0)
                {
                    AddScaled(gram + (long)i * n + i, row[i], row + i, used - i);
                }
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = i + 1; j < n; j++)
            {
                gram[(long)j * n + i] = gram[(long)i * n + j];
            }
        }
    }

    /// <summary>Reflections H A H until only diagonal and off-diagonal are left; A is destroyed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tridiagonalise(double* diagonal, double* offDiagonal, double* a, int n, double* v, double* q)
    {
        for (var k = 0; k < n; k++)
        {
            var rest = n - k - 1;
            var row = a + (long)k * n + k + 1;
            diagonal[k] = row[-1];
            offDiagonal[k] = rest > 0 ? row[0] : 0;
            var tail = rest > 1 ? Dot(row + 1, row + 1, rest - 1) : 0;
            if (tail == 0)
            {
                continue;
            }

            // v = x − αe₁ with α of the sign that avoids cancellation; H = 1 − βvvᵀ maps x to αe₁.
            var alpha = -Math.CopySign(Math.Sqrt(row[0] * row[0] + tail), row[0]);
            Unsafe.CopyBlockUnaligned(v, row, (uint)(rest * sizeof(double)));
            v[0] -= alpha;
            offDiagonal[k] = alpha;
            var beta = 2 / (v[0] * v[0] + tail);
            for (var i = 0; i < rest; i++)
            {
                q[i] = beta * Dot(a + (long)(k + 1 + i) * n + k + 1, v, rest);
            }

            AddScaled(q, -0.5 * beta * Dot(v, q, rest), v, rest);
            for (var i = 0; i < rest; i++)
            {
                AddTwoScaled(a + (long)(k + 1 + i) * n + k + 1, -v[i], q, -q[i], v, rest);
            }
        }
    }

    /// <summary>Eigenvalues of a symmetric tridiagonal matrix, in any order (EISPACK imtql1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ImplicitQl(double* d, double* e, int n, double negligible)
    {
        for (var l = 0; l < n; l++)
        {
            for (var iteration = 0; iteration < MaxIterations; iteration++)
            {
                var m = l;
                while (m < n - 1 && Math.Abs(e[m]) > negligible)
                {
                    m++;
                }

                if (m == l)
                {
                    break;
                }

                QlSweep(d, e, l, m);
            }
        }
    }

    private static void QlSweep(double* d, double* e, int l, int m)
    {
        var g = (d[l + 1] - d[l]) / (2 * e[l]);
        var r = Hypotenuse(g, 1);
        g = d[m] - d[l] + e[l] / (g + Math.CopySign(r, g));
        var (s, c, p) = (1.0, 1.0, 0.0);
        for (var i = m - 1; i >= l; i--)
        {
            var f = s * e[i];
            var b = c * e[i];
            r = Hypotenuse(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }

            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }

    private static double Hypotenuse(double x, double y) => Math.Sqrt(x * x + y * y);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Dot(double* a, double* b, int count)
    {
        var sum = Vector<double>.Zero;
        var i = 0;
        for (; i <= count - Vector<double>.Count; i += Vector<double>.Count)
        {
            sum += Vector.Load(a + i) * Vector.Load(b + i);
        }

        var result = Vector.Sum(sum);
        for (; i < count; i++)
        {
            result += a[i] * b[i];
        }

        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddScaled(double* target, double factor, double* source, int count)
    {
        var factors = new Vector<double>(factor);
        var i = 0;
        for (; i <= count - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector.Store(Vector.Load(target + i) + factors * Vector.Load(source + i), target + i);
        }

        for (; i < count; i++)
        {
            target[i] += factor * source[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddTwoScaled(double* target, double fa, double* a, double fb, double* b, int count)
    {
        var (va, vb) = (new Vector<double>(fa), new Vector<double>(fb));
        var i = 0;
        for (; i <= count - Vector<double>.Count; i += Vector<double>.Count)
        {
            Vector.Store(Vector.Load(target + i) + va * Vector.Load(a + i) + vb * Vector.Load(b + i), target + i);
        }

        for (; i < count; i++)
        {
            target[i] += fa * a[i] + fb * b[i];
        }
    }
}
