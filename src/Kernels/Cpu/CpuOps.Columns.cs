using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private protected override void CopyColumnsCore(
        Tensor output, long outputColumn, Tensor input, long inputColumn, long columns)
    {
        var size = input.DType.SizeBytes();
        var job = new CopyColumnsJob
        {
            Output = (byte*)output.Address + outputColumn * size,
            Input = (byte*)input.Address + inputColumn * size,
            OutputStride = output.Shape.Columns * size,
            InputStride = input.Shape.Columns * size,
            RowBytes = columns * size,
        };
        _threads.For(job, input.Shape.Rows, RowGrain(columns));
    }

    private protected override void ClampCore(Tensor output, float limit)
    {
        var job = new ClampJob { Output = (float*)output.Address, Limit = limit, Count = output.Count };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }

    private protected override void ClampBackwardCore(Tensor dOutput, Tensor output, float limit)
    {
        var job = new ClampBackwardJob
        {
            DOutput = (float*)dOutput.Address,
            Output = (float*)output.Address,
            Limit = limit,
            Count = output.Count,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }
}
