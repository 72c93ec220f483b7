using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>One row per operation at the sizes of GPT-2 124M, for one sequence of N tokens.</summary>
public static class OpsBenchCases
{
    private const int C = 768, F = 3072, V = 50257, NH = 12, HS = 64, Flat = 16 << 20;
    private const double Word = sizeof(float);

    /// <summary>All rows for <paramref name="n"/> tokens.</summary>
    public static IReadOnlyList<OpsBenchCase> For(int n) =>
        [.. Products(n), .. Attention(n), .. Rows(n), .. Elements(n), .. FlatOperations()];

    private static IEnumerable<OpsBenchCase> Products(int n)
    {
        foreach (var (name, input, output) in ((string, int, int)[])[("qkv", C, 3 * C), ("up", C, F), ("down", F, C), ("head", C, V)])
        {
            var (flops, bytes) = (2.0 * n * input * output, Word * (n * (double)(input + output) + (double)input * output));
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
    }

    private static IEnumerable<OpsBenchCase> Attention(int n)
    {
        var shape = new AttentionShape(1, n, NH, NH, HS, 0.125f);
        yield return new("AttentionForward", 2.0 * n * n * C, Word * n * 4 * C, w =>
        {
            var (y, lse, qkv) = (w.Constant(0, n, C), w.Constant(0, NH, n), w.Normal(n, 3 * C));
            return () => w.Ops.AttentionForward(y, lse, qkv, shape);
        });
        yield return new("AttentionBackward", 5.0 * n * n * C, Word * n * 8 * C, w =>
        {
            var (y, lse, qkv) = (w.Constant(0, n, C), w.Constant(0, NH, n), w.Normal(n, 3 * C));
            var (dQkv, dy) = (w.Constant(0, n, 3 * C), w.Normal(n, C));
            w.Ops.AttentionForward(y, lse, qkv, shape);
            return () => w.Ops.AttentionBackward(dQkv, dy, y, lse, qkv, shape);
        });
        yield return new("Rope", 0, Word * n * 4 * C, w =>
        {
            var (qkv, table) = (w.Normal(n, 3 * C), w.Constant(0.5f, n, HS));
            return () => w.Ops.Rope(qkv, table, shape);
        });
    }

    private static IEnumerable<OpsBenchCase> Rows(int n)
    {
        var row = Word * n * C;
        yield return new("EmbeddingForward", 0, 3 * row, w =>
        {
            var (y, table, positions, tokens) = (w.Constant(0, n, C), w.Constant(1, V, C), w.Normal(n, C), w.Integers(n, V));
            return () => w.Ops.EmbeddingForward(y, tokens, table, positions, n);
        });
        yield return new("EmbeddingBackward", 0, 6 * row, w =>
        {
            var (dy, table, positions, tokens) = (w.Normal(n, C), w.Constant(0, V, C), w.Normal(n, C), w.Integers(n, V));
            return () => w.Ops.EmbeddingBackward(table, positions, dy, tokens, n, 0, true, true);
        });
        yield return new("LayerNormForward", 0, 2 * row, w =>
        {
            var (y, x, mean, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Constant(0, n), w.Constant(0, n), w.Normal(C));
            return () => w.Ops.LayerNormForward(y, mean, rstd, x, weight, weight, 1e-5f);
        });
        yield return new("ResidualLayerNormForward", 0, 4 * row, w =>
        {
            var (y, x, mean, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Constant(0, n), w.Constant(0, n), w.Normal(C));
            var (r, d) = (w.Constant(0, n, C), w.Normal(n, C));
            return () => w.Ops.ResidualLayerNormForward(y, mean, rstd, r, x, d, weight, weight, 1e-5f);
        });
        yield return new("LayerNormBackward", 0, 4 * row, w =>
        {
            var (dx, x, dy, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Normal(n, C), w.Normal(C));
            var (mean, rstd, dw, db) = (w.Constant(0, n), w.Constant(1, n), w.Normal(C), w.Normal(C));
            return () => w.Ops.LayerNormBackward(dx, dw, db, dy, x, mean, rstd, weight, false, true);
        });
        yield return new("RmsNormForward", 0, 2 * row, w =>
        {
            var (y, x, rstd, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Constant(0, n), w.Normal(C));
            return () => w.Ops.RmsNormForward(y, rstd, x, weight, 1e-5f);
        });
        yield return new("RmsNormBackward", 0, 4 * row, w =>
        {
            var (dx, x, dy, weight) = (w.Constant(0, n, C), w.Normal(n, C), w.Normal(n, C), w.Normal(C));
            var (rstd, dw) = (w.Constant(1, n), w.Normal(C));
            return () => w.Ops.RmsNormBackward(dx, dw, dy, x, rstd, weight, false, true);
        });
        yield return new("CrossEntropyForward", 0, Word * n * V, w =>
        {
            var (losses, z, targets) = (w.Constant(0, n), w.Normal(n, V), w.Integers(n, V));
            return () => w.Ops.CrossEntropyForward(losses, z, targets);
        });
        yield return new("CrossEntropyForwardBackward", 0, 2 * Word * n * V, w =>
        {
            var (losses, z, targets) = (w.Constant(0, n), w.Normal(n, V), w.Integers(n, V));
            return () => w.Ops.CrossEntropyForwardBackward(losses, z, targets, 1f);
        });
    }

    private static IEnumerable<OpsBenchCase> Elements(int n)
    {
        foreach (var activation in (Activation[])[Activation.GeluTanh, Activation.GeluErf, Activation.Silu, Activation.Relu])
        {
            yield return new($"ActivationForward {activation}", 0, 2 * Word * n * F, w =>
            {
                var (y, x) = (w.Constant(0, n, F), w.Normal(n, F));
                return () => w.Ops.ActivationForward(y, x, activation);
            });
            yield return new($"ActivationBackward {activation}", 0, 3 * Word * n * F, w =>
            {
                var (dx, dy, x) = (w.Constant(0, n, F), w.Normal(n, F), w.Normal(n, F));
                return () => w.Ops.ActivationBackward(dx, dy, x, activation);
            });
        }

        yield return new("GatedForward Silu", 0, 3 * Word * n * F, w =>
        {
            var (y, x) = (w.Constant(0, n, F), w.Normal(n, 2 * F));
            return () => w.Ops.GatedForward(y, x, Activation.Silu);
        });
        yield return new("GatedBackward Silu", 0, 5 * Word * n * F, w =>
        {
            var (d, dy, x) = (w.Constant(0, n, 2 * F), w.Normal(n, F), w.Normal(n, 2 * F));
            return () => w.Ops.GatedBackward(d, dy, x, Activation.Silu);
        });
    }

    /// <summary>Over 16 Mi elements, whatever N is: far more than a cache.</summary>
    private static IEnumerable<OpsBenchCase> FlatOperations()
    {
        yield return new("AdamW", 0, 7 * Word * Flat, w =>
        {
            var (x, m, v, g) = (w.Constant(1, Flat), w.Constant(0, Flat), w.Constant(1, Flat), w.Constant(1, Flat));
            var norm = w.Constant(1, 2);
            var step = new AdamWStep(1e-4, 0.9, 0.95, 1e-8, 0.1, 10);
            return () => w.Ops.AdamW(x, m, v, g, norm, step);
        });
        yield return Flats("GradientNorm", 1, (w, x, y, s) => w.Ops.GradientNorm(s, x, 1));
        yield return Flats("Sum", 1, (w, x, y, s) => w.Ops.Sum(s.View(1), x, 1, false));
        yield return Flats("Copy", 2, (w, x, y, s) => w.Ops.Copy(y, x));
        yield return Flats("Fill", 1, (w, x, y, s) => w.Ops.Fill(y, 1));
        yield return Flats("Add", 3, (w, x, y, s) => w.Ops.Add(y, x));
        yield return Flats("Scale", 2, (w, x, y, s) => w.Ops.Scale(y, 1));
        yield return Flats("RandomNormal", 1, (w, x, y, s) => w.Ops.RandomNormal(y, 1, 1, 1));
        yield return new("Cast f32 to bf16", 0, 1.5 * Word * Flat, w =>
        {
            var (x, y) = (w.Constant(1, Flat), w.Halves(Flat));
            return () => w.Ops.Cast(y, x);
        });
        yield return new("Cast bf16 to f32", 0, 1.5 * Word * Flat, w =>
        {
            var (x, y) = (w.Constant(1, Flat), w.Halves(Flat));
            return () => w.Ops.Cast(x, y);
        });
    }

    private static OpsBenchCase Flats(string name, int streams, Action<OpsWorkspace, Tensor, Tensor, Tensor> call) =>
        new(name, 0, streams * Word * Flat, w =>
        {
            var (x, y, s) = (w.Constant(1, Flat), w.Constant(1, Flat), w.Constant(1, 2));
            return () => call(w, x, y, s);
        });
}
