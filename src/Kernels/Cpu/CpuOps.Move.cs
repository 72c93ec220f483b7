using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    /// <summary>Chunks of an element-wise loop handed out at a time: 64 Ki elements, some 10 µs.</summary>
    private const long ChunkGrain = 16;

    private protected override void CopyCore(Tensor output, Tensor input)
    {
        var job = new CopyJob
        {
            Output = (byte*)output.Address,
            Input = (byte*)input.Address,
            SizeBytes = input.SizeBytes,
        };
        _threads.For(job, (job.SizeBytes + CopyJob.ChunkBytes - 1) / CopyJob.ChunkBytes, 4);
    }

    private protected override void FillCore(Tensor output, float value)
    {
        var job = new FillJob { Output = (float*)output.Address, Value = value, Count = output.Count };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }

    private protected override void AddCore(Tensor output, Tensor input)
    {
        var job = new AddJob
        {
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Count = output.Count,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }

    private protected override void ScaleCore(Tensor output, float factor)
    {
        var job = new ScaleJob { Output = (float*)output.Address, Factor = factor, Count = output.Count };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }

    private protected override void CastCore(Tensor output, Tensor input)
    {
        if (output.DType == input.DType)
        {
            CopyCore(output, input);
            return;
        }

        var job = new CastJob
        {
            Output = (void*)output.Address,
            Input = (void*)input.Address,
            Count = output.Count,
            ToBf16 = output.DType == DType.BF16,
        };
        _threads.ForLanes(job, Chunks.Of(job.Count), ChunkGrain);
    }

    private protected override void RandomNormalCore(Tensor output, ulong seed, ulong stream, float standardDeviation)
    {
        var job = new RandomNormalJob
        {
            Output = (float*)output.Address,
            Count = output.Count,
            Seed = seed,
            Stream = stream,
            StandardDeviation = standardDeviation,
        };
        _threads.For(job, Chunks.Of(job.Count), 1);
    }
}
