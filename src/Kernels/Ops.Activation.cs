namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>y = act(x), element by element.</summary>
    /// <param name="output">y, f32 or bf16. Overwritten.</param>
    /// <param name="input">x, as many of the same type. Read.</param>
    /// <param name="activation">The function.</param>
    public void ActivationForward(Tensor output, Tensor input, Activation activation)
    {
        var dtype = FloatType(nameof(ActivationForward), nameof(input), input);
        RequireCount(nameof(ActivationForward), nameof(output), output, dtype, input.Count);
        ActivationForwardCore(output, input, activation);
    }

    /// <summary>dx = dy · act'(x).</summary>
    /// <param name="dInput">dx, of x's type. Overwritten; may be the same tensor as <paramref name="dOutput"/>.</param>
    /// <param name="dOutput">dy, of x's type. Read.</param>
    /// <param name="input">x, f32 or bf16. Read.</param>
    /// <param name="activation">The function.</param>
    public void ActivationBackward(Tensor dInput, Tensor dOutput, Tensor input, Activation activation)
    {
        var dtype = FloatType(nameof(ActivationBackward), nameof(input), input);
        RequireCount(nameof(ActivationBackward), nameof(dOutput), dOutput, dtype, input.Count);
        RequireCount(nameof(ActivationBackward), nameof(dInput), dInput, dtype, input.Count);
        ActivationBackwardCore(dInput, dOutput, input, activation);
    }

    /// <summary>Gated unit: y = act(g) ∘ u. arXiv:2002.05202.</summary>
    /// <param name="output">y, (N, F), of the type of <paramref name="gateUp"/>. Overwritten.</param>
    /// <param name="gateUp">rows g | u, (N, 2F) f32 or bf16. Read.</param>
    /// <param name="activation">The function, SiLU for LLaMA.</param>
    public void GatedForward(Tensor output, Tensor gateUp, Activation activation)
    {
        var dtype = FloatType(nameof(GatedForward), nameof(gateUp), gateUp);
        Require(nameof(GatedForward), nameof(gateUp), gateUp, dtype, output.Shape.Rows, 2 * output.Shape.Columns);
        Require(nameof(GatedForward), nameof(output), output, dtype, output.Shape.Rows, output.Shape.Columns);
        GatedForwardCore(output, gateUp, activation);
    }

    /// <summary>Gradient of the gated unit: dg = dy ∘ u ∘ act'(g), du = dy ∘ act(g).</summary>
    /// <param name="dGateUp">rows dg | du, (N, 2F). Overwritten; may be the same tensor as <paramref name="gateUp"/>.</param>
    /// <param name="dOutput">dy, (N, F) f32 or bf16; the others have its type. Read.</param>
    /// <param name="gateUp">rows g | u, (N, 2F). Read.</param>
    /// <param name="activation">The function.</param>
    public void GatedBackward(Tensor dGateUp, Tensor dOutput, Tensor gateUp, Activation activation)
    {
        const string Operation = nameof(GatedBackward);
        var (n, f) = (dOutput.Shape.Rows, dOutput.Shape.Columns);
        var dtype = FloatType(Operation, nameof(dOutput), dOutput);
        Require(Operation, nameof(dOutput), dOutput, dtype, n, f);
        Require(Operation, nameof(gateUp), gateUp, dtype, n, 2 * f);
        Require(Operation, nameof(dGateUp), dGateUp, dtype, n, 2 * f);
        GatedBackwardCore(dGateUp, dOutput, gateUp, activation);
    }

    private protected abstract void ActivationForwardCore(Tensor output, Tensor input, Activation activation);

    private protected abstract void ActivationBackwardCore(
        Tensor dInput, Tensor dOutput, Tensor input, Activation activation);

    private protected abstract void GatedForwardCore(Tensor output, Tensor gateUp, Activation activation);

    private protected abstract void GatedBackwardCore(
        Tensor dGateUp, Tensor dOutput, Tensor gateUp, Activation activation);
}
