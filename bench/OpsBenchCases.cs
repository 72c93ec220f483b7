using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>One row per operation at the sizes of GPT-2 124M, for B sequences of N tokens.</summary>
public sealed class OpsBenchCases
{
    private const int C = 768, F = 3072, V = 50257, PaddedV = 50304, NH = 12, HS = 64, Flat = 16 << 20;
    private readonly int _sequences;
    private readonly int _length;

    /// <summary>Bytes of an element.</summary>
    private readonly double _word;
    private readonly DType _element;

    private OpsBenchCases(int sequences, int length, DType element)
    {
        (_sequences, _length, _element, _word) = (sequences, length, element, element.SizeBytes());
    }

    /// <summary>All rows for <paramref name="sequences"/> sequences of <paramref name="length"/> tokens.</summary>
    public static IReadOnlyList<OpsBenchCase> For(int length, int sequences = 1, DType element = DType.F32)
    {
        var cases = new OpsBenchCases(sequences, length, element);
        var n = sequences * length;
        return
        [
            .. cases.Products(n), .. cases.Attention(), .. cases.Rows(n), .. cases.Elements(n), .. cases.FlatOperations(),
        ];
    }

    private IEnumerable<OpsBenchCase> Products(int n)
    {
        foreach (var (name, input, output) in ((string, int, int)[])[("qkv", C, 3 * C), ("up", C, F), ("down", F, C), ("head", C, PaddedV)])
        {
            var (flops, bytes) = (2.0 * n * input * output, _word * (n * (double)(input + output) + (double)input * output));
            yield return new($"MatmulForward {name}", flops, bytes, w =>
            {
                var (y, x, weight) = (w.Constant(0, n, output), w.Normal(n, input), w.Normal(output, input));
                return () => w.Ops.MatmulForward(y, x, weight);
            });
            yield return new($"MatmulBackwardInput {name}", flops, bytes, w =>
            {
                var (dx, dy, weight) = (w.Constant(0, n, input), w.Normal(n, output), w.Normal(output, input));
                return () => w.Ops.MatmulBackwardInput(dx, dy, weight);
            });
            yield return new($"MatmulBackwardWeight {name}", flops, bytes, w =>
            {
                var (dw, dy, x) = (w.Constant(0, output, input), w.Normal(n, output), w.Normal(n, input));
                return () => w.Ops.MatmulBackwardWeight(dw, null, dy, x, accumulate: false);
            });
        }

        var (mlpFlops, mlpBytes) = (2.0 * n * C * F, _word * (n * (double)(C + 2 * F) + (double)C * F));
        yield return new("MatmulForward up, bias, GELU", mlpFlops, mlpBytes, w =>
        {
            var (y, z, x) = (w.Constant(0, n, F), w.Constant(0, n, F), w.Normal(n, C));
            var (weight, bias) = (w.Normal(F, C), w.Normal(F));
            return () => w.Ops.MatmulForward(y, x, weight, bias, Activation.GeluTanh, z);
        });
        yield return new("MatmulBackwardInput down, GELU", mlpFlops, mlpBytes, w =>
        {
            var (dx, z, dy, weight) = (w.Constant(0, n, F), w.Normal(n, F), w.Normal(n, C), w.Normal(C, F));
            return () => w.Ops.MatmulBackwardInput(dx, dy, weight, Activation.GeluTanh, z);
        });
        yield return new("MatmulBackwardWeight up, bias, added", mlpFlops, mlpBytes, w =>
        {
            var (dw, db, dy, x) = (w.Constant(0, F, C), w.Constant(0, F), w.Normal(n, F), w.Normal(n, C));
            return () => w.Ops.MatmulBackwardWeight(dw, db, dy, x, accumulate: true);
        });
    }

    /// <summary>Causal: half of the scores count.</summary>
    private IEnumerable<OpsBenchCase> Attention()
    {
        var n = _sequences * _length;
        var shape = new AttentionShape(_sequences, _length, NH, NH, HS, 0.125f);
        yield return new("AttentionForward", 2.0 * n * _length * C, _word * n * 4 * C, w =>
        {
            var (y, lse, qkv) = (w.Constant(0, n, C), w.Statistic(0, NH, n), w.Normal(n, 3 * C));
            return () => w.Ops.AttentionForward(y, lse, qkv, shape);
        });
        yield return new("AttentionBackward", 5.0 * n * _length * C, _word * n * 8 * C, w =>
        {
            var (y, lse, qkv) = (w.Constant(0, n, C), w.Statistic(0, NH, n), w.Normal(n, 3 * C));
            var (dQkv, dy) = (w.Constant(0, n, 3 * C), w.Normal(n, C));
            w.Ops.AttentionForward(y, lse, qkv, shape);
            return () => w.Ops.AttentionBackward(dQkv, dy, y, lse, qkv, shape);
        });
        yield return new("Rope", 0, _word * n * 4 * C, w =>
        {
            var (qkv, table) = (w.Normal(n, 3 * C), w.Statistic(0.5f, _length, HS));
            return () => w.Ops.Rope(qkv, table, shape);
        });
    }

    private IEnumerable<OpsBenchCase> Rows(int n)
    {
        var row = _word * n * C;
        yield return new("EmbeddingForward", 0, 3 * row, w =>
        {
            var (y, table, positions, tokens) = (w.Constant(0, n, C), w.Constant(1, V, C), w.Normal(_length, C), w.Integers(n, V));
            return () => w.Ops.EmbeddingForward(y, tokens, table, positions, _length);
        });
        yield return new("EmbeddingBackward", 0, 6 * row, w =>
        {
            var (dy, table, positions, tokens) = (w.Normal(n, C), w.Constant(0, V, C), w.Normal(_length, C), w.Integers(n, V));
            return () => w.Ops.EmbeddingBackward(table, positions, dy, tokens, _length, 0, true, true);
        });
        yield return new("LayerNormForward", 0, 2 * row, w =>
        {
            var (y, x, mean, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Statistic(0, n), w.Statistic(0, n), w.Normal(C));
            return () => w.Ops.LayerNormForward(y, mean, rstd, x, weight, weight, 1e-5f);
        });
        yield return new("ResidualLayerNormForward", 0, 4 * row, w =>
        {
            var (y, x, mean, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Statistic(0, n), w.Statistic(0, n), w.Normal(C));
            var (r, d) = (w.Constant(0, n, C), w.Normal(n, C));
            return () => w.Ops.ResidualLayerNormForward(y, mean, rstd, r, x, d, weight, weight, 1e-5f);
        });
        yield return new("LayerNormBackward", 0, 4 * row, w =>
        {
            var (dx, x, dy, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Normal(n, C), w.Normal(C));
            var (mean, rstd, dw, db) = (w.Statistic(0, n), w.Statistic(1, n), w.Normal(C), w.Normal(C));
            return () => w.Ops.LayerNormBackward(dx, dw, db, dy, x, mean, rstd, weight, false, true);
        });
        yield return new("RmsNormForward", 0, 2 * row, w =>
        {
            var (y, x, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Statistic(0, n), w.Normal(C));
            return () => w.Ops.RmsNormForward(y, rstd, x, weight, 1e-5f);
        });
        yield return new("RmsNormBackward", 0, 4 * row, w =>
        {
            var (dx, x, dy, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Normal(n, C), w.Normal(C));
            var (rstd, dw) = (w.Statistic(1, n), w.Normal(C));
            return () => w.Ops.RmsNormBackward(dx, dw, dy, x, rstd, weight, false, true);
        });
        yield return new("CrossEntropyForward", 0, _word * n * V, w =>
        {
            var (losses, z, targets) = (w.Statistic(0, n), w.Normal(n, PaddedV), w.Integers(n, V));
            return () => w.Ops.CrossEntropyForward(losses, z, targets, V);
        });
        yield return new("CrossEntropyForwardBackward", 0, 2 * _word * n * V, w =>
        {
            var (losses, z, targets) = (w.Statistic(0, n), w.Normal(n, PaddedV), w.Integers(n, V));
            return () => w.Ops.CrossEntropyForwardBackward(losses, z, targets, 1f, V);
        });
        yield return new("DistillationForwardBackward", 0, 3 * _word * n * V, w =>
        {
            var (losses, divergences, z) = (w.Statistic(0, n), w.Statistic(0, n), w.Normal(n, PaddedV));
            var (teacher, targets) = (w.Normal(n, PaddedV), w.Integers(n, V));
            var terms = new DistillationTerms(2, 0.5, 1, V, V);
            return () => w.Ops.DistillationForwardBackward(losses, divergences, z, teacher, targets, terms);
        });
    }

    private IEnumerable<OpsBenchCase> Elements(int n)
    {
        foreach (var activation in (Activation[])[Activation.GeluTanh, Activation.GeluErf, Activation.Silu, Activation.Relu])
        {
            yield return new($"ActivationForward {activation}", 0, 2 * _word * n * F, w =>
            {
                var (y, x) = (w.Constant(0, n, F), w.Normal(n, F));
                return () => w.Ops.ActivationForward(y, x, activation);
            });
            yield return new($"ActivationBackward {activation}", 0, 3 * _word * n * F, w =>
            {
                var (dx, dy, x) = (w.Constant(0, n, F), w.Normal(n, F), w.Normal(n, F));
                return () => w.Ops.ActivationBackward(dx, dy, x, activation);
            });
        }

        yield return new("GatedForward Silu", 0, 3 * _word * n * F, w =>
        {
            var (y, x) = (w.Constant(0, n, F), w.Normal(n, 2 * F));
            return () => w.Ops.GatedForward(y, x, Activation.Silu);
        });
        yield return new("GatedBackward Silu", 0, 5 * _word * n * F, w =>
        {
            var (d, dy, x) = (w.Constant(0, n, 2 * F), w.Normal(n, F), w.Normal(n, 2 * F));
            return () => w.Ops.GatedBackward(d, dy, x, Activation.Silu);
        });
    }

    /// <summary>Over 16 Mi elements, whatever N is: far more than a cache.</summary>
    private IEnumerable<OpsBenchCase> FlatOperations()
    {
        // f32 weights and moments are read and written, the gradient is read, a bf16 copy of the weights written.
        var isMixed = _element == DType.BF16;
        yield return new(isMixed ? "AdamW, bf16 copy" : "AdamW", 0, 28.0 * Flat, w =>
        {
            var (x, m, v, g) = (w.Statistic(1, Flat), w.Statistic(0, Flat), w.Statistic(1, Flat), w.Constant(1, Flat));
            var (norm, copy) = (w.Statistic(1, 2), isMixed ? w.Halves(Flat) : null);
            var step = new AdamWStep(1e-4, 0.9, 0.95, 1e-8, 0.1, 10);
            return () => w.Ops.AdamW(x, m, v, g, norm, step, copy);
        });
        yield return Flats("GradientNorm", 1, (w, x, y, s) => w.Ops.GradientNorm(s, x, 1));
        yield return new("Sum", 0, 4.0 * Flat, w =>
        {
            var (x, s) = (w.Statistic(1, Flat), w.Statistic(1, 1));
            return () => w.Ops.Sum(s, x, 1, false);
        });
        yield return Flats("Copy", 2, (w, x, y, s) => w.Ops.Copy(y, x));
        yield return Flats("Fill", 1, (w, x, y, s) => w.Ops.Fill(y, 1));
        yield return Flats("Add", 3, (w, x, y, s) => w.Ops.Add(y, x));
        yield return Flats("Scale", 2, (w, x, y, s) => w.Ops.Scale(y, 1));
        yield return new("RandomNormal", 0, 4.0 * Flat, w =>
        {
            var x = w.Statistic(1, Flat);
            return () => w.Ops.RandomNormal(x, 1, 1, 1);
        });
        yield return new("Cast f32 to bf16", 0, 6.0 * Flat, w =>
        {
            var (x, y) = (w.Statistic(1, Flat), w.Halves(Flat));
            return () => w.Ops.Cast(y, x);
        });
        yield return new("Cast bf16 to f32", 0, 6.0 * Flat, w =>
        {
            var (x, y) = (w.Statistic(1, Flat), w.Halves(Flat));
            return () => w.Ops.Cast(x, y);
        });
    }

    private OpsBenchCase Flats(string name, int streams, Action<OpsWorkspace, Tensor, Tensor, Tensor> call) =>
        new(name, 0, streams * _word * Flat, w =>
        {
            var (x, y, s) = (w.Constant(1, Flat), w.Constant(1, Flat), w.Statistic(1, 2));
            return () => call(w, x, y, s);
        });
}
