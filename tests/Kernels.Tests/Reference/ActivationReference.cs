using System.Numerics;
using Inheritune.Kernels;

namespace Kernels.Tests.Reference;

/// <summary>Definition of the activations.</summary>
public static class ActivationReference
{
    public static TElement Value<TElement>(Activation activation, TElement x)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var half = TElement.CreateChecked(0.5);
        return activation switch
        {
            Activation.GeluTanh => half * x * (TElement.One + TElement.Tanh(Inner(x))),
            Activation.GeluErf => half * x * (TElement.One + Erf(x / TElement.CreateChecked(Math.Sqrt(2)))),
            Activation.Relu => TElement.Max(x, TElement.Zero),
            Activation.Silu => x / (TElement.One + TElement.Exp(-x)),
            _ => x,
        };
    }

    public static TElement Derivative<TElement>(Activation activation, TElement x)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (half, one) = (TElement.CreateChecked(0.5), TElement.One);
        switch (activation)
        {
            case Activation.GeluTanh:
                var t = TElement.Tanh(Inner(x));
                var slope = TElement.CreateChecked(Math.Sqrt(2 / Math.PI))
                    * (one + TElement.CreateChecked(3 * 0.044715) * x * x);
                return half * (one + t) + half * x * (one - t * t) * slope;
            case Activation.GeluErf:
                return half * (one + Erf(x / TElement.CreateChecked(Math.Sqrt(2))))
                    + x * TElement.Exp(-half * x * x) / TElement.CreateChecked(Math.Sqrt(2 * Math.PI));
            case Activation.Relu:
                return x > TElement.Zero ? one : TElement.Zero;
            case Activation.Silu:
                var sigmoid = one / (one + TElement.Exp(-x));
                return sigmoid * (one + x * (one - sigmoid));
            default:
                return one;
        }
    }

    /// <summary>erf by its series near 0 and by the continued fraction of erfc beyond.</summary>
    public static double Erf(double x)
    {
        var t = Math.Abs(x);
        if (t < 3)
        {
            double term = t, sum = t;
            for (var k = 1; k < 100; k++)
            {
                term *= -t * t / k;
                sum += term / (2 * k + 1);
            }

            return Math.CopySign(2 / Math.Sqrt(Math.PI) * sum, x);
        }

        double fraction = 0;
        for (var k = 60; k >= 1; k--)
        {
            fraction = k / 2.0 / (t + fraction);
        }

        return Math.CopySign(1 - Math.Exp(-t * t) / Math.Sqrt(Math.PI) / (t + fraction), x);
    }

    private static TElement Erf<TElement>(TElement x)
        where TElement : IFloatingPointIeee754<TElement> => TElement.CreateChecked(Erf(double.CreateChecked(x)));

    private static TElement Inner<TElement>(TElement x)
        where TElement : IFloatingPointIeee754<TElement> =>
        TElement.CreateChecked(Math.Sqrt(2 / Math.PI)) * (x + TElement.CreateChecked(0.044715) * x * x * x);
}
