namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>Linear layer: y = act(x Wᵀ + b), y[n,o] = act(Σ_c x[n,c] W[o,c] + b[o]).</summary>
    /// <remarks>
    /// All operands are F32, or all are BF16 where the device computes in it. Products are summed in f32; a BF16 result
    /// is rounded once, when it is stored.
    /// </remarks>
    /// <param name="output">y, (N, OC), dtype of <paramref name="input"/>. Overwritten.</param>
    /// <param name="input">x, (N, C) F32 or BF16. Read.</param>
    /// <param name="weight">W, (OC, C), dtype of <paramref name="input"/>. Read.</param>
    /// <param name="bias">b, (OC), dtype of <paramref name="input"/>, or null. Read.</param>
    /// <param name="activation">Non-linearity applied at the store.</param>
    /// <param name="preActivation">
    /// xWᵀ + b before the activation, (N, OC), dtype of <paramref name="input"/>, for the backward pass. Overwritten.
    /// Null if it is not needed.
    /// </param>
    /// <exception cref="ShapeException">A shape, dtype or device differs; nothing was enqueued.</exception>
    public void MatmulForward(
        Tensor output,
        Tensor input,
        Tensor weight,
        Tensor? bias = null,
        Activation activation = Activation.None,
        Tensor? preActivation = null)
    {
        const string Operation = nameof(MatmulForward);
        var (n, c, oc) = (input.Shape.Rows, input.Shape.Columns, weight.Shape[0]);
        var dtype = FloatType(Operation, nameof(input), input);
        Require(Operation, nameof(weight), weight, dtype, oc, c);
        Require(Operation, nameof(input), input, dtype, n, c);
        Require(Operation, nameof(output), output, dtype, n, oc);
        if (bias is not null)
        {
            Require(Operation, nameof(bias), bias, dtype, oc);
        }

        if (preActivation is not null)
        {
            Require(Operation, nameof(preActivation), preActivation, dtype, n, oc);
        }

        MatmulForwardCore(output, input, weight, bias, activation, preActivation);
    }

    /// <summary>Gradient of a linear layer by its input: dx = (dy W) ∘ act'(preActivation).</summary>
    /// <remarks>All operands are F32, or all are BF16 where the device computes in it; sums are f32.</remarks>
    /// <param name="dInput">
    /// dx, (N, C), dtype of <paramref name="dOutput"/>. Overwritten, or added to with <paramref name="accumulate"/>.
    /// </param>
    /// <param name="dOutput">dy, (N, OC) F32 or BF16. Read.</param>
    /// <param name="weight">W, (OC, C), dtype of <paramref name="dOutput"/>. Read.</param>
    /// <param name="activation">The non-linearity that made the layer's input; its derivative is applied at the store.</param>
    /// <param name="preActivation">
    /// Argument of that non-linearity, (N, C), dtype of <paramref name="dOutput"/>. Read. Null without one.
    /// </param>
    /// <param name="accumulate">Add to <paramref name="dInput"/> instead of overwriting it.</param>
    /// <exception cref="ShapeException">A shape, dtype or device differs; nothing was enqueued.</exception>
    public void MatmulBackwardInput(
        Tensor dInput,
        Tensor dOutput,
        Tensor weight,
        Activation activation = Activation.None,
        Tensor? preActivation = null,
        bool accumulate = false)
    {
        const string Operation = nameof(MatmulBackwardInput);
        var (n, oc, c) = (dOutput.Shape.Rows, dOutput.Shape.Columns, weight.Shape.Columns);
        var dtype = FloatType(Operation, nameof(dOutput), dOutput);
        Require(Operation, nameof(weight), weight, dtype, oc, c);
        Require(Operation, nameof(dOutput), dOutput, dtype, n, oc);
        Require(Operation, nameof(dInput), dInput, dtype, n, c);
        if (activation != Activation.None)
        {
            if (preActivation is null)
            {
                Throw(Operation, $"preActivation: expected {dtype} ({n}, {c}) for activation {activation}, got none.");
            }

            Require(Operation, nameof(preActivation), preActivation, dtype, n, c);
        }

        MatmulBackwardInputCore(dInput, dOutput, weight, activation, preActivation, accumulate);
    }

    /// <summary>Gradients of a linear layer by its parameters: dW = dyᵀ x, db[o] = Σ_n dy[n,o].</summary>
    /// <remarks>All operands are F32, or all are BF16 where the device computes in it; sums are f32.</remarks>
    /// <param name="dWeight">dW, (OC, C), dtype of <paramref name="dOutput"/>. Overwritten or accumulated.</param>
    /// <param name="dBias">
    /// db, (OC), dtype of <paramref name="dOutput"/>, or null. Overwritten or accumulated.
    /// </param>
    /// <param name="dOutput">dy, (N, OC) F32 or BF16. Read.</param>
    /// <param name="input">x, (N, C), dtype of <paramref name="dOutput"/>. Read.</param>
    /// <param name="accumulate">Add to the gradients instead of overwriting them.</param>
    /// <exception cref="ShapeException">A shape, dtype or device differs; nothing was enqueued.</exception>
    public void MatmulBackwardWeight(Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate)
    {
        const string Operation = nameof(MatmulBackwardWeight);
        var (n, oc, c) = (dOutput.Shape.Rows, dOutput.Shape.Columns, input.Shape.Columns);
        var dtype = FloatType(Operation, nameof(dOutput), dOutput);
        Require(Operation, nameof(input), input, dtype, n, c);
        Require(Operation, nameof(dOutput), dOutput, dtype, n, oc);
        Require(Operation, nameof(dWeight), dWeight, dtype, oc, c);
        if (dBias is not null)
        {
            Require(Operation, nameof(dBias), dBias, dtype, oc);
        }

        MatmulBackwardWeightCore(dWeight, dBias, dOutput, input, accumulate);
    }

    private protected abstract void MatmulForwardCore(
        Tensor output, Tensor input, Tensor weight, Tensor? bias, Activation activation, Tensor? preActivation);

    private protected abstract void MatmulBackwardInputCore(
        Tensor dInput, Tensor dOutput, Tensor weight, Activation activation, Tensor? preActivation, bool accumulate);

    private protected abstract void MatmulBackwardWeightCore(
        Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate);
}
