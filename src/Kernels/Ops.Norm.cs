namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>
    /// Row-wise layer normalisation: y = (x − μ) · rstd · w + b, rstd = 1/√(σ² + eps), σ² the biased variance.
    /// </summary>
    /// <param name="output">y, (N, C). Overwritten.</param>
    /// <param name="mean">μ, (N) f32. Overwritten; saved for the backward pass.</param>
    /// <param name="rstd">1/√(σ² + eps), (N) f32. Overwritten; saved for the backward pass.</param>
    /// <param name="input">x, (N, C) f32 or bf16; tensors of no stated type have its type. Read.</param>
    /// <param name="weight">w, (C), or null for 1. Read.</param>
    /// <param name="bias">b, (C), or null for 0. Read.</param>
    /// <param name="eps">Added to the variance, > 0.</param>
    public void LayerNormForward(
        Tensor output, Tensor mean, Tensor rstd, Tensor input, Tensor? weight, Tensor? bias, float eps)
    {
        CheckNorm(nameof(LayerNormForward), output, mean, rstd, input, weight, bias);
        LayerNormForwardCore(output, mean, rstd, null, input, null, weight, bias, eps);
    }

    /// <summary>
    /// Residual add and layer normalisation in one pass: r = x + d, y = LayerNorm(r).
    /// </summary>
    /// <param name="output">y, (N, C). Overwritten.</param>
    /// <param name="mean">(N) f32. Overwritten.</param>
    /// <param name="rstd">(N) f32. Overwritten.</param>
    /// <param name="residual">r, (N, C). Overwritten; may be the same tensor as <paramref name="input"/>.</param>
    /// <param name="input">x, (N, C) f32 or bf16; tensors of no stated type have its type. Read.</param>
    /// <param name="delta">d, (N, C). Read.</param>
    /// <param name="weight">(C), or null. Read.</param>
    /// <param name="bias">(C), or null. Read.</param>
    /// <param name="eps">Added to the variance, > 0.</param>
    public void ResidualLayerNormForward(
        Tensor output, Tensor mean, Tensor rstd, Tensor residual, Tensor input, Tensor delta, Tensor? weight, Tensor? bias,
        float eps)
    {
        const string Operation = nameof(ResidualLayerNormForward);
        CheckNorm(Operation, output, mean, rstd, input, weight, bias);
        Require(Operation, nameof(residual), residual, input.DType, input.Shape.Rows, input.Shape.Columns);
        Require(Operation, nameof(delta), delta, input.DType, input.Shape.Rows, input.Shape.Columns);
        LayerNormForwardCore(output, mean, rstd, residual, input, delta, weight, bias, eps);
    }

    /// <summary>Gradient of layer normalisation.</summary>
    /// <param name="dInput">dx, (N, C). Overwritten, or added to with <paramref name="accumulateInput"/> (the residual stream).</param>
    /// <param name="dWeight">dw, (C), or null. Overwritten or accumulated.</param>
    /// <param name="dBias">db, (C), or null. Overwritten or accumulated.</param>
    /// <param name="dOutput">dy, (N, C). Read. May be the same tensor as <paramref name="dInput"/> when it is overwritten.</param>
    /// <param name="input">x (for the fused form: r), (N, C) f32 or bf16. Read.</param>
    /// <param name="mean">(N) f32. Read.</param>
    /// <param name="rstd">(N) f32. Read.</param>
    /// <param name="weight">(C), or null. Read.</param>
    /// <param name="accumulateInput">Add to dx.</param>
    /// <param name="accumulateParameters">Add to dw and db.</param>
    public void LayerNormBackward(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters)
    {
        const string Operation = nameof(LayerNormBackward);
        CheckNorm(Operation, dOutput, mean, rstd, input, weight, dBias);
        CheckNorm(Operation, dInput, mean, rstd, input, dWeight, null);
        LayerNormBackwardCore(
            dInput, dWeight, dBias, dOutput, input, mean, rstd, weight, accumulateInput, accumulateParameters);
    }

    /// <summary>Row-wise RMS normalisation: y = x · rstd · w, rstd = 1/√(mean(x²) + eps). arXiv:1910.07467.</summary>
    /// <param name="output">y, (N, C). Overwritten.</param>
    /// <param name="rstd">(N) f32. Overwritten; saved for the backward pass.</param>
    /// <param name="input">x, (N, C) f32 or bf16; tensors of no stated type have its type. Read.</param>
    /// <param name="weight">w, (C), or null for 1. Read.</param>
    /// <param name="eps">Added to the mean square, > 0.</param>
    public void RmsNormForward(Tensor output, Tensor rstd, Tensor input, Tensor? weight, float eps)
    {
        CheckNorm(nameof(RmsNormForward), output, rstd, rstd, input, weight, null);
        RmsNormForwardCore(output, rstd, null, input, null, weight, eps);
    }

    /// <summary>Residual add and RMS normalisation in one pass: r = x + d, y = RmsNorm(r).</summary>
    /// <param name="output">y, (N, C). Overwritten.</param>
    /// <param name="rstd">(N) f32. Overwritten.</param>
    /// <param name="residual">r, (N, C). Overwritten; may be the same tensor as <paramref name="input"/>.</param>
    /// <param name="input">x, (N, C) f32 or bf16; tensors of no stated type have its type. Read.</param>
    /// <param name="delta">d, (N, C). Read.</param>
    /// <param name="weight">(C), or null. Read.</param>
    /// <param name="eps">Added to the mean square, > 0.</param>
    public void ResidualRmsNormForward(
        Tensor output, Tensor rstd, Tensor residual, Tensor input, Tensor delta, Tensor? weight, float eps)
    {
        const string Operation = nameof(ResidualRmsNormForward);
        CheckNorm(Operation, output, rstd, rstd, input, weight, null);
        Require(Operation, nameof(residual), residual, input.DType, input.Shape.Rows, input.Shape.Columns);
        Require(Operation, nameof(delta), delta, input.DType, input.Shape.Rows, input.Shape.Columns);
        RmsNormForwardCore(output, rstd, residual, input, delta, weight, eps);
    }

    /// <summary>Gradient of RMS normalisation; operands as in <see cref="LayerNormBackward"/>.</summary>
    public void RmsNormBackward(
        Tensor dInput, Tensor? dWeight, Tensor dOutput, Tensor input, Tensor rstd, Tensor? weight, bool accumulateInput,
        bool accumulateParameters)
    {
        const string Operation = nameof(RmsNormBackward);
        CheckNorm(Operation, dOutput, rstd, rstd, input, weight, null);
        CheckNorm(Operation, dInput, rstd, rstd, input, dWeight, null);
        RmsNormBackwardCore(dInput, dWeight, dOutput, input, rstd, weight, accumulateInput, accumulateParameters);
    }

    private protected abstract void LayerNormForwardCore(
        Tensor output, Tensor mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias,
        float eps);

    private protected abstract void LayerNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters);

    private protected abstract void RmsNormForwardCore(
        Tensor output, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, float eps);

    private protected abstract void RmsNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor dOutput, Tensor input, Tensor rstd, Tensor? weight, bool accumulateInput,
        bool accumulateParameters);

    private void CheckNorm(
        string operation, Tensor rows, Tensor mean, Tensor rstd, Tensor input, Tensor? weight, Tensor? bias)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        var dtype = FloatType(operation, nameof(input), input);
        Require(operation, nameof(input), input, dtype, n, c);
        Require(operation, "output", rows, dtype, n, c);
        RequireCount(operation, nameof(mean), mean, DType.F32, n);
        RequireCount(operation, nameof(rstd), rstd, DType.F32, n);
        if (weight is not null)
        {
            Require(operation, nameof(weight), weight, dtype, c);
        }

        if (bias is not null)
        {
            Require(operation, nameof(bias), bias, dtype, c);
        }
    }
}
