using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void LayerNormForwardCore(
        Tensor output, Tensor mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias,
        float eps) =>
        NormForward("LayerNormForward", output, mean, rstd, residual, input, delta, weight, bias, eps);

    private protected override void LayerNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters) =>
        NormBackward(
            "LayerNormBackward", dInput, dWeight, dBias, dOutput, input, mean, rstd, weight, accumulateInput,
            accumulateParameters);

    private protected override void RmsNormForwardCore(
        Tensor output, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, float eps) =>
        NormForward("RmsNormForward", output, null, rstd, residual, input, delta, weight, null, eps);

    private protected override void RmsNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor dOutput, Tensor input, Tensor rstd, Tensor? weight, bool accumulateInput,
        bool accumulateParameters) =>
        NormBackward(
            "RmsNormBackward", dInput, dWeight, null, dOutput, input, null, rstd, weight, accumulateInput,
            accumulateParameters);

    private void NormForward(
        string operation, Tensor output, Tensor? mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta,
        Tensor? weight, Tensor? bias, float eps)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        if (n == 0)
        {
            return;
        }

        RequireRow(operation, input, RowsPlan.ForwardElements);
        var wide = HasWideRows(c, output, residual, input, delta) & IsWide(output, weight, bias);
        var arguments = default(KernelArguments);
        arguments.AddValue(new NormForwardArguments
        {
            Output = output.Address,
            Mean = Address(mean),
            Rstd = rstd.Address,
            Residual = Address(residual),
            Input = input.Address,
            Delta = Address(delta),
            Weight = Address(weight),
            Bias = Address(bias),
            N = n,
            Columns = (int)c,
            Eps = eps,
            Wide = wide,
        });
        var shape = RowsPlan.NormForward(n, c);
        var name = RowsPlan.RowThreads(c, RowsPlan.ForwardElements) == 32 ? "norm_forward_warp" : "norm_forward_block";
        RowsKernel(name, input.DType).Launch(shape, ref arguments);
    }

    private void NormBackward(
        string operation, Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor? mean,
        Tensor rstd, Tensor? weight, bool accumulateInput, bool accumulateParameters)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        if (n == 0)
        {
            return;
        }

        var perThread = RowsPlan.BackwardElements(input.DType);
        RequireRow(operation, input, perThread);
        var shape = RowsPlan.NormBackward(n, c, input.DType, Multiprocessors);
        var partial = device.Scratch(checked(shape.GridX * 2 * c * sizeof(float)));
        var arguments = default(KernelArguments);
        arguments.AddValue(new NormBackwardArguments
        {
            DInput = dInput.Address,
            Partial = partial,
            DOutput = dOutput.Address,
            Input = input.Address,
            Mean = Address(mean),
            Rstd = rstd.Address,
            Weight = Address(weight),
            N = n,
            Columns = (int)c,
            Accumulate = Flag(accumulateInput),
            Wide = HasWideRows(c, dInput, dOutput, input, weight),
        });
        var name = RowsPlan.RowThreads(c, perThread) == 32 ? "norm_backward_warp" : "norm_backward_block";
        RowsKernel(name, input.DType).Launch(shape, ref arguments);
        if (dWeight is not null || dBias is not null)
        {
            SumPartials(dWeight, dBias, partial, (int)shape.GridX, (int)c, input.DType, accumulateParameters);
        }
    }

    private void SumPartials(
        Tensor? dWeight, Tensor? dBias, nint partial, int blocks, int columns, DType dtype, bool accumulate)
    {
        var arguments = default(KernelArguments);
        arguments.Add(dWeight);
        arguments.Add(dBias);
        arguments.AddValue(partial);
        arguments.AddValue(blocks);
        arguments.AddValue(columns);
        arguments.AddValue(Flag(accumulate));
        RowsKernel("norm_backward_sum", dtype).Launch(
            new LaunchShape(RowsPlan.Ceiling(columns, 32), RowsPlan.Block, 0, 2), ref arguments);
    }

    private static void RequireRow(string operation, Tensor input, int perThread)
    {
        var most = perThread * RowsPlan.MostRowThreads;
        if (input.Shape.Columns > most)
        {
            Throw(operation, $"input: expected at most {most} columns on this device, got {input.Shape}.");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NormForwardArguments
    {
        public nint Output, Mean, Rstd, Residual, Input, Delta, Weight, Bias;
        public long N;
        public int Columns;
        public float Eps;
        public int Wide;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct NormBackwardArguments
    {
        public nint DInput, Partial, DOutput, Input, Mean, Rstd, Weight;
        public long N;
        public int Columns, Accumulate, Wide;
    }
}
