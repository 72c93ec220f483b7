using System.Diagnostics;

namespace Inheritune.Kernels.Profiling;

internal sealed partial class ProfilingOps
{
    private protected override void CrossEntropyForwardCore(
        Tensor losses,
        Tensor logits,
        Tensor targets,
        float scale,
        bool gradient,
        long vocabulary)
    {
        var start = Stopwatch.GetTimestamp();
        if (gradient)
        {
            inner.CrossEntropyForwardBackward(losses, logits, targets, scale, vocabulary);
        }
        else
        {
            inner.CrossEntropyForward(losses, logits, targets, vocabulary);
        }
        profile.Record(
            nameof(inner.CrossEntropyForward),
            start,
            0,
            losses.SizeBytes + logits.SizeBytes + targets.SizeBytes);
    }

    private protected override void DistillationForwardBackwardCore(
        Tensor losses,
        Tensor divergences,
        Tensor logits,
        Tensor teacher,
        Tensor targets,
        in DistillationTerms terms)
    {
        var start = Stopwatch.GetTimestamp();
        inner.DistillationForwardBackward(losses, divergences, logits, teacher, targets, terms);
        profile.Record(
            nameof(inner.DistillationForwardBackward),
            start,
            0,
            losses.SizeBytes + divergences.SizeBytes + logits.SizeBytes + teacher.SizeBytes + targets.SizeBytes);
    }

    private protected override void SumCore(Tensor sum, Tensor input, float scale, bool accumulate)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Sum(sum, input, scale, accumulate);
        profile.Record(nameof(inner.Sum), start, 0, sum.SizeBytes + input.SizeBytes);
    }

    private protected override void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm)
    {
        var start = Stopwatch.GetTimestamp();
        inner.GradientNorm(norm, gradient, maxNorm);
        profile.Record(nameof(inner.GradientNorm), start, 0, norm.SizeBytes + gradient.SizeBytes);
    }

    private protected override void AdamWCore(
        Tensor weight,
        Tensor firstMoment,
        Tensor secondMoment,
        Tensor gradient,
        Tensor norm,
        in AdamWStep step,
        Tensor? copy)
    {
        var start = Stopwatch.GetTimestamp();
        inner.AdamW(weight, firstMoment, secondMoment, gradient, norm, step, copy);
        profile.Record(
            nameof(inner.AdamW),
            start,
            0,
            weight.SizeBytes + firstMoment.SizeBytes + secondMoment.SizeBytes + gradient.SizeBytes
                + norm.SizeBytes + (copy?.SizeBytes ?? 0));
    }

    private protected override void AttentionWeightsCore(
        Tensor weights,
        Tensor qkv,
        in AttentionShape shape,
        bool causal)
    {
        var start = Stopwatch.GetTimestamp();
        inner.AttentionWeights(weights, qkv, shape, causal);
        profile.Record(nameof(inner.AttentionWeights), start, 0, weights.SizeBytes + qkv.SizeBytes);
    }

    private protected override void MatrixRankCore(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatrixRank(ranks, matrices, levels);
        profile.Record(nameof(inner.MatrixRank), start, 0, ranks.SizeBytes + matrices.SizeBytes);
    }

    private protected override void MatrixMassCore(
        Tensor counts,
        Tensor matrices,
        ReadOnlySpan<double> levels,
        bool sorted)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatrixMass(counts, matrices, levels, sorted);
        profile.Record(nameof(inner.MatrixMass), start, 0, counts.SizeBytes + matrices.SizeBytes);
    }

    private protected override void MatrixSinkCore(Tensor statistics, Tensor matrices)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatrixSink(statistics, matrices);
        profile.Record(nameof(inner.MatrixSink), start, 0, statistics.SizeBytes + matrices.SizeBytes);
    }

    private protected override void CopyCore(Tensor output, Tensor input)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Copy(output, input);
        profile.Record(nameof(inner.Copy), start, 0, output.SizeBytes + input.SizeBytes);
    }

    private protected override void FillCore(Tensor output, float value)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Fill(output, value);
        profile.Record(nameof(inner.Fill), start, 0, output.SizeBytes);
    }

    private protected override void AddCore(Tensor output, Tensor input)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Add(output, input);
        profile.Record(nameof(inner.Add), start, 0, output.SizeBytes + input.SizeBytes);
    }

    private protected override void ScaleCore(Tensor output, float factor)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Scale(output, factor);
        profile.Record(nameof(inner.Scale), start, 0, output.SizeBytes);
    }

    private protected override void CastCore(Tensor output, Tensor input)
    {
        var start = Stopwatch.GetTimestamp();
        inner.Cast(output, input);
        profile.Record(nameof(inner.Cast), start, 0, output.SizeBytes + input.SizeBytes);
    }

    private protected override void RandomNormalCore(
        Tensor output,
        ulong seed,
        ulong stream,
        float standardDeviation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.RandomNormal(output, seed, stream, standardDeviation);
        profile.Record(nameof(inner.RandomNormal), start, 0, output.SizeBytes);
    }
}
