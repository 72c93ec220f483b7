using System.Numerics;

namespace Kernels.Tests.Reference;

/// <summary>Definition of the normalisations: in f64 the reference, in f32 the plain result.</summary>
public static class NormReference
{
    public static (TElement[] Y, TElement[] Mean, TElement[] Rstd) Forward<TElement>(
        TElement[] x, TElement[]? w, TElement[]? b, int n, int c, double eps, bool isCentred)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (y, means, rstds) = (new TElement[x.Length], new TElement[n], new TElement[n]);
        var count = TElement.CreateChecked(c);
        for (var row = 0; row < n; row++)
        {
            var (sum, squares) = (TElement.Zero, TElement.Zero);
            for (var i = 0; i < c; i++)
            {
                sum += x[row * c + i];
            }

            var mean = isCentred ? sum / count : TElement.Zero;
            for (var i = 0; i < c; i++)
            {
                var d = x[row * c + i] - mean;
                squares += d * d;
            }

            var rstd = TElement.One / TElement.Sqrt(squares / count + TElement.CreateChecked(eps));
            for (var i = 0; i < c; i++)
            {
                y[row * c + i] = (x[row * c + i] - mean) * rstd * (w is null ? TElement.One : w[i])
                    + (b is null ? TElement.Zero : b[i]);
            }

            (means[row], rstds[row]) = (mean, rstd);
        }

        return (y, means, rstds);
    }

    public static (TElement[] Dx, TElement[] Dw, TElement[] Db) Backward<TElement>(
        TElement[] dy, TElement[] x, TElement[]? w, int n, int c, double eps, bool isCentred)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (_, means, rstds) = Forward(x, w, null, n, c, eps, isCentred);
        var (dx, dw, db) = (new TElement[x.Length], new TElement[c], new TElement[c]);
        var count = TElement.CreateChecked(c);
        for (var row = 0; row < n; row++)
        {
            var (sum, product) = (TElement.Zero, TElement.Zero);
            for (var i = 0; i < c; i++)
            {
                var normal = (x[row * c + i] - means[row]) * rstds[row];
                var d = dy[row * c + i];
                dw[i] += d * normal;
                db[i] += d;
                var g = d * (w is null ? TElement.One : w[i]);
                sum += g;
                product += g * normal;
            }

            for (var i = 0; i < c; i++)
            {
                var normal = (x[row * c + i] - means[row]) * rstds[row];
                var g = dy[row * c + i] * (w is null ? TElement.One : w[i]);
                dx[row * c + i] = rstds[row]
                    * (g - (isCentred ? sum / count : TElement.Zero) - normal * (product / count));
            }
        }

        return (dx, dw, db);
    }
}
