namespace Kernels.Tests.Attention;

/// <summary>Attention and rotary positions in f64, as the formulas say.</summary>
public static class AttentionReference
{
    /// <summary>A[j] of one query, before or after the softmax; −∞ becomes 0.</summary>
    public static double[] Weights(AttentionCase c, double[] qkv, int b, int h, int p, bool causal, out double logSumExp)
    {
        var kvHead = c.NH + h / (c.NH / c.NKV);
        var scores = new double[c.T];
        var count = causal ? p + 1 : c.T;
        for (var j = 0; j < count; j++)
        {
            for (var d = 0; d < c.HS; d++)
            {
                scores[j] += qkv[c.At(b, p, h, d)] * qkv[c.At(b, j, kvHead, d)];
            }

            scores[j] = c.Scale * scores[j] - c.Slope(h) * (p - j);
        }

        var maximum = scores[..count].Max();
        logSumExp = maximum + Math.Log(scores[..count].Sum(s => Math.Exp(s - maximum)));
        for (var j = 0; j < c.T; j++)
        {
            scores[j] = j < count ? Math.Exp(scores[j] - logSumExp) : 0;
        }

        return scores;
    }

    /// <summary>y and lse; <paramref name="round"/> is what an element type does to the weights.</summary>
    public static (double[] Output, double[] LogSumExp) Forward(
        AttentionCase c, double[] qkv, Func<double, double>? round = null)
    {
        round ??= x => x;
        var output = new double[(long)c.Rows * c.NH * c.HS];
        var logSumExp = new double[c.B * c.NH * c.T];
        ForEachQuery(c, (b, h, p) =>
        {
            var weights = Weights(c, qkv, b, h, p, causal: true, out logSumExp[(b * c.NH + h) * c.T + p]);
            var valueHead = c.NH + c.NKV + h / (c.NH / c.NKV);
            for (var j = 0; j <= p; j++)
            {
                for (var d = 0; d < c.HS; d++)
                {
                    output[c.OutputAt(b, p, h, d)] += round(weights[j]) * qkv[c.At(b, j, valueHead, d)];
                }
            }
        });
        return (output, logSumExp);
    }

    /// <summary>
    /// dqkv; <paramref name="round"/> is what an element type does to the saved y, the weights and their gradients.
    /// </summary>
    public static double[] Backward(
        AttentionCase c, double[] qkv, double[] dOutput, Func<double, double>? round = null)
    {
        round ??= x => x;
        var output = Array.ConvertAll(Forward(c, qkv).Output, x => round(x));
        var dQkv = new double[qkv.Length];
        ForEachQuery(c, (b, h, p) =>
        {
            var weights = Weights(c, qkv, b, h, p, causal: true, out _);
            var keyHead = c.NH + h / (c.NH / c.NKV);
            var valueHead = keyHead + c.NKV;
            var dWeights = new double[p + 1];
            for (var j = 0; j <= p; j++)
            {
                for (var d = 0; d < c.HS; d++)
                {
                    dWeights[j] += dOutput[c.OutputAt(b, p, h, d)] * qkv[c.At(b, j, valueHead, d)];
                    dQkv[c.At(b, j, valueHead, d)] += round(weights[j]) * dOutput[c.OutputAt(b, p, h, d)];
                }
            }

            var mean = Enumerable.Range(0, c.HS).Sum(
                d => output[c.OutputAt(b, p, h, d)] * dOutput[c.OutputAt(b, p, h, d)]);
            for (var j = 0; j <= p; j++)
            {
                var dScore = c.Scale * round(weights[j] * (dWeights[j] - mean));
                for (var d = 0; d < c.HS; d++)
                {
                    dQkv[c.At(b, p, h, d)] += dScore * qkv[c.At(b, j, keyHead, d)];
                    dQkv[c.At(b, j, keyHead, d)] += dScore * qkv[c.At(b, p, h, d)];
                }
            }
        });
        return dQkv;
    }

    /// <summary>Rotates q and k; <paramref name="cosSin"/> as the operation takes it.</summary>
    public static double[] Rope(AttentionCase c, double[] qkv, double[] cosSin, int r, int offset, bool inverse)
    {
        var result = (double[])qkv.Clone();
        for (var b = 0; b < c.B; b++)
        {
            for (var t = 0; t < c.T; t++)
            {
                for (var h = 0; h < c.NH + c.NKV; h++)
                {
                    for (var i = 0; i < r / 2; i++)
                    {
                        var cos = cosSin[(t + offset) * r + i];
                        var sin = cosSin[(t + offset) * r + r / 2 + i] * (inverse ? -1 : 1);
                        var (first, second) = (qkv[c.At(b, t, h, i)], qkv[c.At(b, t, h, i + r / 2)]);
                        result[c.At(b, t, h, i)] = first * cos - second * sin;
                        result[c.At(b, t, h, i + r / 2)] = second * cos + first * sin;
                    }
                }
            }
        }

        return result;
    }

    private static void ForEachQuery(AttentionCase c, Action<int, int, int> action)
    {
        for (var b = 0; b < c.B; b++)
        {
            for (var h = 0; h < c.NH; h++)
            {
                for (var p = 0; p < c.T; p++)
                {
                    action(b, h, p);
                }
            }
        }
    }
}
