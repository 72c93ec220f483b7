namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void ActivationForwardCore(Tensor output, Tensor input, Activation activation)
    {
        if (input.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(output);
            arguments.Add(input);
            arguments.AddValue((int)activation);
            arguments.AddValue(input.Count);
            arguments.AddValue(IsWide(output, input));
            RowsKernel("activation_forward", input.DType).Launch(Elements(input), ref arguments);
        }
    }

    private protected override void ActivationBackwardCore(
        Tensor dInput, Tensor dOutput, Tensor input, Activation activation)
    {
        if (input.Count > 0)
        {
            var arguments = default(KernelArguments);
            arguments.Add(dInput);
            arguments.Add(dOutput);
            arguments.Add(input);
            arguments.AddValue((int)activation);
            arguments.AddValue(input.Count);
            arguments.AddValue(IsWide(dInput, dOutput, input));
            RowsKernel("activation_backward", input.DType).Launch(Elements(input), ref arguments);
        }
    }

    private protected override void GatedForwardCore(Tensor output, Tensor gateUp, Activation activation)
    {
        var arguments = default(KernelArguments);
        arguments.Add(output);
        arguments.Add(gateUp);
        LaunchGated("gated_forward", ref arguments, output, activation, IsWide(output, gateUp));
    }

    private protected override void GatedBackwardCore(
        Tensor dGateUp, Tensor dOutput, Tensor gateUp, Activation activation)
    {
        var arguments = default(KernelArguments);
        arguments.Add(dGateUp);
        arguments.Add(dOutput);
        arguments.Add(gateUp);
        LaunchGated("gated_backward", ref arguments, dOutput, activation, IsWide(dGateUp, dOutput, gateUp));
    }

    /// <summary>A block for each row and 256 vectors of it; <paramref name="rows"/> is the tensor of F columns.</summary>
    private void LaunchGated(
        string name, ref KernelArguments arguments, Tensor rows, Activation activation, int wide)
    {
        var (n, f, vector) = (rows.Shape.Rows, checked((int)rows.Shape.Columns), RowsPlan.Vector(rows.DType));
        if (n == 0 || f == 0)
        {
            return;
        }

        var vectors = RowsPlan.Ceiling(f, vector);
        var block = (int)Math.Min(RowsPlan.Block, RowsPlan.Ceiling(vectors, 32) * 32);
        var segments = (int)RowsPlan.Ceiling(vectors, block);
        arguments.AddValue((int)activation);
        arguments.AddValue(f);
        arguments.AddValue(segments);
        arguments.AddValue(f % vector == 0 ? wide : 0);
        RowsKernel(name, rows.DType).Launch(new LaunchShape(n * segments, block), ref arguments);
    }
}
