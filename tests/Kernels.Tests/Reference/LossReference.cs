using System.Numerics;

namespace Kernels.Tests.Reference;

/// <summary>Definition of softmax cross-entropy.</summary>
public static class LossReference
{
    public static (TElement[] Losses, TElement[] Gradient) CrossEntropy<TElement>(
        TElement[] z, int[] targets, int v, double scale)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (losses, gradient) = (new TElement[targets.Length], new TElement[z.Length]);
        for (var n = 0; n < targets.Length; n++)
        {
            if (targets[n] == -100)
            {
                continue;
            }

            var (largest, sum) = (z[n * v], TElement.Zero);
            for (var i = 0; i < v; i++)
            {
                largest = TElement.Max(largest, z[n * v + i]);
            }

            for (var i = 0; i < v; i++)
            {
                sum += TElement.Exp(z[n * v + i] - largest);
            }

            losses[n] = TElement.Log(sum) + largest - z[n * v + targets[n]];
            for (var i = 0; i < v; i++)
            {
                var p = TElement.Exp(z[n * v + i] - largest) / sum;
                gradient[n * v + i] = TElement.CreateChecked(scale)
                    * (p - (i == targets[n] ? TElement.One : TElement.Zero));
            }
        }

        return (losses, gradient);
    }
}
