using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    /// <summary>Fewest rows of a block of the parameter gradients, and the most blocks.</summary>
    private const long NormBlockRows = 16, NormBlocks = 128;

    private protected override void LayerNormForwardCore(
        Tensor output, Tensor mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias,
        float eps) =>
        NormForward(output, mean, rstd, residual, input, delta, weight, bias, eps);

    private protected override void LayerNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters) =>
        NormBackward(
            dInput, dWeight, dBias, dOutput, input, mean, rstd, weight, accumulateInput, accumulateParameters);

    private protected override void RmsNormForwardCore(
        Tensor output, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, float eps) =>
        NormForward(output, null, rstd, residual, input, delta, weight, null, eps);

    private protected override void RmsNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor dOutput, Tensor input, Tensor rstd, Tensor? weight, bool accumulateInput,
        bool accumulateParameters) =>
        NormBackward(
            dInput, dWeight, null, dOutput, input, null, rstd, weight, accumulateInput, accumulateParameters);

    private void NormForward(
        Tensor output, Tensor? mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias,
        float eps)
    {
        var job = new NormForwardJob
        {
            Output = (float*)output.Address,
            Mean = Address(mean),
            Rstd = (float*)rstd.Address,
            Residual = Address(residual),
            Input = (float*)input.Address,
            Delta = Address(delta),
            Weight = Address(weight),
            Bias = Address(bias),
            C = input.Shape.Columns,
            Eps = eps,
            IsCentred = mean is not null,
        };
        _threads.ForLanes(job, input.Shape.Rows, RowGrain(job.C));
    }

    private void NormBackward(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor? mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters)
    {
        var (n, c) = (input.Shape.Rows, input.Shape.Columns);
        var blockRows = Math.Max(NormBlockRows, (n + NormBlocks - 1) / NormBlocks);
        var blocks = (n + blockRows - 1) / blockRows;
        var job = new NormBackwardJob
        {
            DInput = (float*)dInput.Address,
            DOutput = (float*)dOutput.Address,
            Input = (float*)input.Address,
            Mean = Address(mean),
            Rstd = (float*)rstd.Address,
            Weight = Address(weight),
            Partial = (float*)_rowScratch.Reserve(checked(blocks * 2 * c * sizeof(float))),
            N = n,
            C = c,
            BlockRows = blockRows,
            IsCentred = mean is not null,
            AccumulateInput = accumulateInput,
        };
        _threads.ForLanes(job, blocks, 1);
        SumBlocks(dWeight, job.Partial, blocks, c, accumulateParameters);
        SumBlocks(dBias, job.Partial + c, blocks, c, accumulateParameters);
    }

    private void SumBlocks(Tensor? output, float* partial, long blocks, long c, bool accumulate)
    {
        if (output is not null)
        {
            var job = new BlockSumJob
            {
                Output = (float*)output.Address,
                Partial = partial,
                Blocks = blocks,
                Stride = 2 * c,
                Accumulate = accumulate,
            };
            _threads.For(job, c, 1024);
        }
    }

    private static float* Address(Tensor? tensor) => tensor is null ? null : (float*)tensor.Address;
}
