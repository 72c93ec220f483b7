using System.Diagnostics;

namespace Inheritune.Kernels.Profiling;

internal sealed partial class ProfilingOps
{
    private protected override void EmbeddingForwardCore(
        Tensor output,
        Tensor tokens,
        Tensor tokenTable,
        Tensor? positionTable,
        int sequenceLength,
        int positionOffset,
        Tensor? offsets)
    {
        var start = Stopwatch.GetTimestamp();
        if (offsets is null)
        {
            inner.EmbeddingForward(output, tokens, tokenTable, positionTable, sequenceLength, positionOffset);
        }
        else
        {
            inner.EmbeddingForward(
                output, tokens, tokenTable, positionTable, sequenceLength, positionOffset, offsets);
        }

        profile.Record(
            nameof(inner.EmbeddingForward),
            start,
            0,
            output.SizeBytes + tokens.SizeBytes + tokenTable.SizeBytes
                + (positionTable?.SizeBytes ?? 0));
    }

    private protected override void EmbeddingBackwardCore(
        Tensor dTokenTable,
        Tensor? dPositionTable,
        Tensor dOutput,
        Tensor tokens,
        int sequenceLength,
        int positionOffset,
        bool accumulateTokens,
        bool accumulatePositions,
        float gradientFraction,
        int paddingRow)
    {
        var start = Stopwatch.GetTimestamp();
        inner.EmbeddingBackward(
            dTokenTable, dPositionTable, dOutput, tokens, sequenceLength, positionOffset,
            accumulateTokens, accumulatePositions, gradientFraction, paddingRow);
        profile.Record(
            nameof(inner.EmbeddingBackward),
            start,
            0,
            dTokenTable.SizeBytes + (dPositionTable?.SizeBytes ?? 0) + dOutput.SizeBytes
                + tokens.SizeBytes);
    }

    private protected override void LayerNormForwardCore(
        Tensor output,
        Tensor mean,
        Tensor rstd,
        Tensor? residual,
        Tensor input,
        Tensor? delta,
        Tensor? weight,
        Tensor? bias,
        float eps)
    {
        var start = Stopwatch.GetTimestamp();
        if (residual is not null && delta is not null)
        {
            inner.ResidualLayerNormForward(output, mean, rstd, residual, input, delta, weight, bias, eps);
        }
        else
        {
            inner.LayerNormForward(output, mean, rstd, input, weight, bias, eps);
        }
        profile.Record(
            nameof(inner.LayerNormForward),
            start,
            0,
            output.SizeBytes + mean.SizeBytes + rstd.SizeBytes + (residual?.SizeBytes ?? 0)
                + input.SizeBytes + (delta?.SizeBytes ?? 0) + (weight?.SizeBytes ?? 0)
                + (bias?.SizeBytes ?? 0));
    }

    private protected override void LayerNormBackwardCore(
        Tensor dInput,
        Tensor? dWeight,
        Tensor? dBias,
        Tensor dOutput,
        Tensor input,
        Tensor mean,
        Tensor rstd,
        Tensor? weight,
        bool accumulateInput,
        bool accumulateParameters)
    {
        var start = Stopwatch.GetTimestamp();
        inner.LayerNormBackward(
            dInput, dWeight, dBias, dOutput, input, mean, rstd, weight, accumulateInput,
            accumulateParameters);
        profile.Record(
            nameof(inner.LayerNormBackward),
            start,
            0,
            dInput.SizeBytes + (dWeight?.SizeBytes ?? 0) + (dBias?.SizeBytes ?? 0)
                + dOutput.SizeBytes + input.SizeBytes + mean.SizeBytes + rstd.SizeBytes
                + (weight?.SizeBytes ?? 0));
    }

    private protected override void RmsNormForwardCore(
        Tensor output,
        Tensor rstd,
        Tensor? residual,
        Tensor input,
        Tensor? delta,
        Tensor? weight,
        float eps)
    {
        var start = Stopwatch.GetTimestamp();
        if (residual is not null && delta is not null)
        {
            inner.ResidualRmsNormForward(output, rstd, residual, input, delta, weight, eps);
        }
        else
        {
            inner.RmsNormForward(output, rstd, input, weight, eps);
        }
        profile.Record(
            nameof(inner.RmsNormForward),
            start,
            0,
            output.SizeBytes + rstd.SizeBytes + (residual?.SizeBytes ?? 0) + input.SizeBytes
                + (delta?.SizeBytes ?? 0) + (weight?.SizeBytes ?? 0));
    }

    private protected override void RmsNormBackwardCore(
        Tensor dInput,
        Tensor? dWeight,
        Tensor dOutput,
        Tensor input,
        Tensor rstd,
        Tensor? weight,
        bool accumulateInput,
        bool accumulateParameters)
    {
        var start = Stopwatch.GetTimestamp();
        inner.RmsNormBackward(
            dInput, dWeight, dOutput, input, rstd, weight, accumulateInput, accumulateParameters);
        profile.Record(
            nameof(inner.RmsNormBackward),
            start,
            0,
            dInput.SizeBytes + (dWeight?.SizeBytes ?? 0) + dOutput.SizeBytes + input.SizeBytes
                + rstd.SizeBytes + (weight?.SizeBytes ?? 0));
    }

    private protected override void MatmulForwardCore(
        Tensor output,
        Tensor input,
        Tensor weight,
        Tensor? bias,
        Activation activation,
        Tensor? preActivation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatmulForward(output, input, weight, bias, activation, preActivation);
        profile.Record(
            nameof(inner.MatmulForward),
            start,
            2.0 * input.Count * weight.Shape[0],
            output.SizeBytes + input.SizeBytes + weight.SizeBytes + (bias?.SizeBytes ?? 0)
                + (preActivation?.SizeBytes ?? 0));
    }

    private protected override void MatmulBackwardInputCore(
        Tensor dInput,
        Tensor dOutput,
        Tensor weight,
        Activation activation,
        Tensor? preActivation,
        bool accumulate)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatmulBackwardInput(dInput, dOutput, weight, activation, preActivation, accumulate);
        profile.Record(
            nameof(inner.MatmulBackwardInput),
            start,
            2.0 * dInput.Count * weight.Shape[0],
            dInput.SizeBytes + dOutput.SizeBytes + weight.SizeBytes
                + (preActivation?.SizeBytes ?? 0));
    }

    private protected override void MatmulBackwardWeightCore(
        Tensor dWeight,
        Tensor? dBias,
        Tensor dOutput,
        Tensor input,
        bool accumulate)
    {
        var start = Stopwatch.GetTimestamp();
        inner.MatmulBackwardWeight(dWeight, dBias, dOutput, input, accumulate);
        profile.Record(
            nameof(inner.MatmulBackwardWeight),
            start,
            2.0 * input.Count * dWeight.Shape[0],
            dWeight.SizeBytes + (dBias?.SizeBytes ?? 0) + dOutput.SizeBytes + input.SizeBytes);
    }

    private protected override void RopeCore(
        Tensor qkv,
        Tensor cosSin,
        in AttentionShape shape,
        Tensor? offsets,
        int positionOffset,
        bool inverse)
    {
        var start = Stopwatch.GetTimestamp();
        if (offsets is null)
        {
            inner.Rope(qkv, cosSin, shape, positionOffset, inverse);
        }
        else
        {
            inner.Rope(qkv, cosSin, shape, offsets, inverse);
        }

        profile.Record(nameof(inner.Rope), start, 0, qkv.SizeBytes + cosSin.SizeBytes);
    }

    private protected override void AttentionForwardCore(
        Tensor output,
        Tensor logSumExp,
        Tensor qkv,
        in AttentionShape shape)
    {
        var start = Stopwatch.GetTimestamp();
        inner.AttentionForward(output, logSumExp, qkv, shape);
        profile.Record(
            nameof(inner.AttentionForward),
            start,
            4.0 * shape.B * shape.NH * shape.HS * (0.5 * shape.T * (shape.T + 1.0)),
            output.SizeBytes + logSumExp.SizeBytes + qkv.SizeBytes);
    }

    private protected override void AttentionBackwardCore(
        Tensor dQkv,
        Tensor dOutput,
        Tensor output,
        Tensor logSumExp,
        Tensor qkv,
        in AttentionShape shape)
    {
        var start = Stopwatch.GetTimestamp();
        inner.AttentionBackward(dQkv, dOutput, output, logSumExp, qkv, shape);
        profile.Record(
            nameof(inner.AttentionBackward),
            start,
            10.0 * shape.B * shape.NH * shape.HS * (0.5 * shape.T * (shape.T + 1.0)),
            dQkv.SizeBytes + dOutput.SizeBytes + output.SizeBytes + logSumExp.SizeBytes
                + qkv.SizeBytes);
    }

    private protected override void AttentionCachedCore(
        Tensor output,
        Tensor cache,
        Tensor qkv,
        Tensor past,
        in AttentionShape shape)
    {
        // How much of the cache is filled is known to the device alone: only the bytes are counted.
        var start = Stopwatch.GetTimestamp();
        inner.AttentionCached(output, cache, qkv, past, shape);
        profile.Record(
            nameof(inner.AttentionCached), start, 0, output.SizeBytes + cache.SizeBytes + qkv.SizeBytes);
    }

    private protected override void ActivationForwardCore(Tensor output, Tensor input, Activation activation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.ActivationForward(output, input, activation);
        profile.Record(nameof(inner.ActivationForward), start, 0, output.SizeBytes + input.SizeBytes);
    }

    private protected override void ActivationBackwardCore(
        Tensor dInput,
        Tensor dOutput,
        Tensor input,
        Activation activation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.ActivationBackward(dInput, dOutput, input, activation);
        profile.Record(
            nameof(inner.ActivationBackward),
            start,
            0,
            dInput.SizeBytes + dOutput.SizeBytes + input.SizeBytes);
    }

    private protected override void GatedForwardCore(Tensor output, Tensor gateUp, Activation activation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.GatedForward(output, gateUp, activation);
        profile.Record(nameof(inner.GatedForward), start, 0, output.SizeBytes + gateUp.SizeBytes);
    }

    private protected override void GatedBackwardCore(
        Tensor dGateUp,
        Tensor dOutput,
        Tensor gateUp,
        Activation activation)
    {
        var start = Stopwatch.GetTimestamp();
        inner.GatedBackward(dGateUp, dOutput, gateUp, activation);
        profile.Record(
            nameof(inner.GatedBackward),
            start,
            0,
            dGateUp.SizeBytes + dOutput.SizeBytes + gateUp.SizeBytes);
    }
}
