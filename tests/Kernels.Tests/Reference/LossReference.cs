using System.Numerics;
using Inheritune.Kernels;

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

    public static (TElement[] Losses, TElement[] Divergences, TElement[] Gradient) Distillation<TElement>(
        TElement[] z, TElement[] teacher, int[] targets, int v, DistillationTerms terms)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (hard, soft) = (terms.Scale * (1 - terms.Alpha), terms.Scale * terms.Alpha * terms.Temperature);
        var (losses, gradient) = CrossEntropy(z, targets, v, hard);
        var divergences = new TElement[targets.Length];
        var (teacherColumns, shared) = (teacher.Length / targets.Length, terms.Shared == 0 ? v : (int)terms.Shared);
        for (var n = 0; n < targets.Length; n++)
        {
            if (targets[n] == -100)
            {
                continue;
            }

            var p = Softmax(teacher.AsSpan(n * teacherColumns, shared), terms.Temperature);
            var q = Softmax(z.AsSpan(n * v, shared), terms.Temperature);
            for (var i = 0; i < shared; i++)
            {
                divergences[n] += TElement.CreateChecked(terms.Temperature * terms.Temperature)
                    * p[i] * (TElement.Log(p[i]) - TElement.Log(q[i]));
                gradient[n * v + i] += TElement.CreateChecked(soft) * (q[i] - p[i]);
            }
        }

        return (losses, divergences, gradient);
    }

    private static TElement[] Softmax<TElement>(ReadOnlySpan<TElement> z, double temperature)
        where TElement : IFloatingPointIeee754<TElement>
    {
        var (result, largest, sum) = (new TElement[z.Length], z[0], TElement.Zero);
        for (var i = 0; i < z.Length; i++)
        {
            largest = TElement.Max(largest, z[i]);
        }

        for (var i = 0; i < z.Length; i++)
        {
            result[i] = TElement.Exp((z[i] - largest) / TElement.CreateChecked(temperature));
            sum += result[i];
        }

        return Array.ConvertAll(result, e => e / sum);
    }
}
