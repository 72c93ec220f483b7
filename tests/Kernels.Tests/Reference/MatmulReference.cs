using System.Numerics;
using Inheritune.Kernels;

namespace Kernels.Tests.Reference;

/// <summary>Definition of the linear layer.</summary>
public static class MatmulReference
{
    /// <summary>z = x Wᵀ + b and y = act(z).</summary>
    public static (TElement[] Y, TElement[] Z) Forward<TElement>(
        TElement[] x, TElement[] w, TElement[]? b, int n, int c, int oc, Activation activation)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var z = new TElement[n * oc];
        for (var row = 0; row < n; row++)
        {
            for (var o = 0; o < oc; o++)
            {
                var sum = TElement.Zero;
                for (var i = 0; i < c; i++)
                {
                    sum += x[row * c + i] * w[o * c + i];
                }

                z[row * oc + o] = sum + (b is null ? TElement.Zero : b[o]);
            }
        }

        return (Array.ConvertAll(z, value => ActivationReference.Value(activation, value)), z);
    }

    /// <summary>dx = before + (dy W) ∘ act'(z).</summary>
    public static TElement[] BackwardInput<TElement>(
        TElement[] dy, TElement[] w, TElement[]? z, TElement[]? before, int n, int c, int oc,
        Activation activation)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var dx = new TElement[n * c];
        for (var row = 0; row < n; row++)
        {
            for (var i = 0; i < c; i++)
            {
                var sum = TElement.Zero;
                for (var o = 0; o < oc; o++)
                {
                    sum += dy[row * oc + o] * w[o * c + i];
                }

                var at = row * c + i;
                sum *= z is null ? TElement.One : ActivationReference.Derivative(activation, z[at]);
                dx[at] = sum + (before is null ? TElement.Zero : before[at]);
            }
        }

        return dx;
    }

    /// <summary>dW = before + dyᵀ x.</summary>
    public static TElement[] BackwardWeight<TElement>(
        TElement[] dy, TElement[] x, TElement[]? before, int n, int c, int oc)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var dw = new TElement[oc * c];
        for (var o = 0; o < oc; o++)
        {
            for (var i = 0; i < c; i++)
            {
                var sum = TElement.Zero;
                for (var row = 0; row < n; row++)
                {
                    sum += dy[row * oc + o] * x[row * c + i];
                }

                dw[o * c + i] = sum + (before is null ? TElement.Zero : before[o * c + i]);
            }
        }

        return dw;
    }

    /// <summary>db = before + Σ_n dy.</summary>
    public static TElement[] BackwardBias<TElement>(TElement[] dy, TElement[]? before, int n, int oc)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var db = new TElement[oc];
        for (var row = 0; row < n; row++)
        {
            for (var o = 0; o < oc; o++)
            {
                db[o] += dy[row * oc + o];
            }
        }

        for (var o = 0; o < oc && before is not null; o++)
        {
            db[o] += before[o];
        }

        return db;
    }
}
