using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Engine.Tests.Model;

/// <summary>The decoder in f64 and plain loops, written from the formulas; one sequence at a time.</summary>
internal sealed class ReferenceDecoder(DecoderConfig config, Func<string, double[]?> find)
{
    private readonly int _c = config.Hidden;
    private readonly int _hs = config.HS;

    /// <summary>Mean of −ln p(target) over the targets that are not −100.</summary>
    public double Loss(int[] tokens, int[] targets, int sequenceLength)
    {
        var (sum, count) = (0.0, 0);
        for (var start = 0; start < tokens.Length; start += sequenceLength)
        {
            var logits = Logits(tokens[start..(start + sequenceLength)]);
            for (var p = 0; p < sequenceLength; p++)
            {
                if (targets[start + p] != Ops.IgnoredTarget)
                {
                    var largest = logits[p].Max();
                    sum += largest + Math.Log(logits[p].Sum(v => Math.Exp(v - largest))) - logits[p][targets[start + p]];
                    count++;
                }
            }
        }

        return sum / count;
    }

    public double[][] Logits(int[] tokens)
    {
        var x = tokens.Select((token, p) => Embed(token, p)).ToArray();
        for (var i = 0; i < config.Layers; i++)
        {
            if (config.NormPosition == NormPosition.Post)
            {
                var a = Each(Add(x, Attention(i, x)), row => Norm(row, $"h.{i}.norm1"));
                x = Each(Add(a, Each(a, row => Mlp(i, row))), row => Norm(row, $"h.{i}.norm2"));
                continue;
            }

            var attention = Attention(i, Each(x, row => Norm(row, $"h.{i}.norm1")));
            var mid = Add(x, attention);
            var mlpInput = config.Residual == ResidualKind.Parallel ? x : mid;
            x = Add(mid, Each(mlpInput, row => Mlp(i, Norm(row, $"h.{i}.norm2"))));
        }

        var head = find("head.weight") ?? find("wte")!;
        return Each(x, row => Each(
            Linear(Project(config.FinalNorm ? Norm(row, "norm_f") : row, "proj_out", config.E), head, null, config.VocabSize),
            v => v * config.LogitScale));
    }

    private double[] Project(double[] x, string name, int width) =>
        config.E == _c ? x : Linear(x, find(name + ".weight")!, null, width);

    private double[] Embed(int token, int p)
    {
        var (wte, wpe) = (find("wte")!, find("wpe"));
        var x = Project(Row(config.E, c => wte[token * config.E + c]), "proj_in", _c);
        return Row(_c, c => x[c] + (wpe is null ? 0 : wpe[(p + config.PositionOffset) * _c + c]));
    }

    private double[] Norm(double[] x, string name)
    {
        var (w, b) = (find(name + ".weight"), find(name + ".bias"));
        var mean = config.Norm == NormKind.LayerNorm ? x.Average() : 0;
        var rstd = 1 / Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + config.NormEps);
        return Row(x.Length, c => (x[c] - mean) * rstd * (w is null ? 1 : w[c]) + (b is null ? 0 : b[c]));
    }

    private double[][] Attention(int i, double[][] h)
    {
        var (heads, kvHeads) = (config.Heads, config.NKV);
        var qkv = Each(h, row => Linear(row, find($"h.{i}.qkv.weight")!, find($"h.{i}.qkv.bias"), (heads + 2 * kvHeads) * _hs));
        if (config.ClipQkv != 0)
        {
            qkv = Each(qkv, row => Each(row, v => Math.Clamp(v, -config.ClipQkv, config.ClipQkv)));
        }

        if (config.QkNorm)
        {
            var (q, k) = (heads * _hs, kvHeads * _hs);
            qkv = Each(qkv, row => (double[])[
                .. Norm(row[..q], $"h.{i}.q_norm"), .. Norm(row[q..(q + k)], $"h.{i}.k_norm"), .. row[(q + k)..]]);
        }

        if (config.Position == PositionKind.Rotary)
        {
            for (var p = 0; p < qkv.Length; p++)
            {
                for (var head = 0; head < heads + kvHeads; head++)
                {
                    Rotate(qkv[p].AsSpan(head * _hs, _hs), p);
                }
            }
        }

        var scale = (config.AttentionScale == 0 ? Math.Pow(_hs, -0.5) : config.AttentionScale)
            / (config.ScaleDivisors?[i] ?? (config.ScaleAttentionByLayer ? i + 1 : 1));
        var output = Each(h, _ => new double[heads * _hs]);
        for (var p = 0; p < h.Length; p++)
        {
            for (var head = 0; head < heads; head++)
            {
                var kv = head / (heads / kvHeads);
                var slope = config.Position == PositionKind.Alibi ? Slope(head) : 0;
                var scores = Row(p + 1, j => scale * Dot(qkv[p], head * _hs, qkv[j], (heads + kv) * _hs) - slope * (p - j));
                var largest = scores.Max();
                var weights = Each(scores, s => Math.Exp(s - largest));
                var sum = weights.Sum();
                for (var d = 0; d < _hs; d++)
                {
                    var value = 0.0;
                    for (var j = 0; j <= p; j++)
                    {
                        value += weights[j] / sum * qkv[j][(heads + kvHeads + kv) * _hs + d];
                    }

                    output[p][head * _hs + d] = value;
                }
            }
        }

        return Each(output, row => Linear(row, find($"h.{i}.o.weight")!, find($"h.{i}.o.bias"), _c));
    }

    private void Rotate(Span<double> z, int p)
    {
        var half = config.R / 2;
        for (var i = 0; i < half; i++)
        {
            var (sin, cos) = Math.SinCos(p * Frequency(i));
            (z[i], z[i + half]) = (z[i] * cos - z[i + half] * sin, z[i + half] * cos + z[i] * sin);
        }
    }

    private double Frequency(int i)
    {
        var f = Math.Pow(config.RotaryBase, -2.0 * i / config.R);
        var s = config.RopeScaling;
        if (s.Kind == RopeScalingKind.Linear)
        {
            return f / s.Factor;
        }

        if (s.Kind != RopeScalingKind.Llama3)
        {
            return f;
        }

        var turns = s.OriginalMaxPositions * f / (2 * Math.PI);
        var keep = Math.Clamp((turns - s.LowFrequencyFactor) / (s.HighFrequencyFactor - s.LowFrequencyFactor), 0, 1);
        return keep * f + (1 - keep) * f / s.Factor;
    }

    /// <summary>The published list: powers of two first, for other counts every second of the next power's.</summary>
    private double Slope(int head)
    {
        var n = 1;
        while (n < config.Heads)
        {
            n *= 2;
        }

        var k = n == config.Heads ? head + 1 : head < n / 2 ? 2 * (head + 1) : 2 * (head - n / 2) + 1;
        return Math.Pow(2, -config.AlibiBiasMax * k / n);
    }

    private double[] Mlp(int i, double[] h)
    {
        var f = config.F;
        var (name, width) = config.GatedMlp ? ("gate_up", 2 * f) : ("up", f);
        var up = Linear(h, find($"h.{i}.{name}.weight")!, find($"h.{i}.{name}.bias"), width);
        var inner = config.GatedMlp ? Row(f, j => Act(up[j]) * up[f + j]) : Each(up, Act);
        return Linear(inner, find($"h.{i}.down.weight")!, find($"h.{i}.down.bias"), _c);
    }

    private double Act(double x) => config.Activation switch
    {
        Activation.GeluTanh => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
        Activation.GeluErf => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        Activation.Relu => Math.Max(x, 0),
        Activation.Silu => x / (1 + Math.Exp(-x)),
        _ => x,
    };

    /// <summary>2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), exact enough below 5.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        var (term, sum) = (x, x);
        for (var n = 1; n < 150; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }

    private static double[] Linear(double[] x, double[] w, double[]? b, int rows) =>
        Row(rows, o => Dot(x, 0, w, o * x.Length, x.Length) + (b is null ? 0 : b[o]));

    private double Dot(double[] a, int aStart, double[] b, int bStart) => Dot(a, aStart, b, bStart, _hs);

    private static double Dot(double[] a, int aStart, double[] b, int bStart, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += a[aStart + i] * b[bStart + i];
        }

        return sum;
    }

    private static double[] Row(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static TResult[] Each<TSource, TResult>(TSource[] source, Func<TSource, TResult> map) => [.. source.Select(map)];

    private static double[][] Add(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => Row(x.Length, i => x[i] + y[i]))];
}
