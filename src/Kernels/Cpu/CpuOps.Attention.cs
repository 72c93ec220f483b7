using Inheritune.Kernels.Cpu.Attention;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private readonly ThreadScratch _attentionScratch = new(device.Threads.Count);

    private protected override void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset, bool inverse)
    {
        var job = new RopeJob
        {
            Qkv = (float*)qkv.Address,
            CosSin = (float*)cosSin.Address,
            T = shape.T,
            HS = shape.HS,
            Heads = shape.NH + shape.NKV,
            Half = (int)cosSin.Shape.Columns / 2,
            RowStride = shape.QkvColumns,
            PositionOffset = positionOffset,
            SineSign = inverse ? -1 : 1,
        };
        _threads.For(job, shape.N, Math.Max(1, 16384 / shape.QkvColumns));
    }

    private protected override void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        var job = new AttentionForwardJob
        {
            Operands = new AttentionOperands(shape, qkv),
            Output = (float*)output.Address,
            LogSumExp = (float*)logSumExp.Address,
            Scratch = _attentionScratch.Reserve(shape.T),
        };
        _threads.For(job, (long)shape.B * shape.NH, 1);
    }

    private protected override void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        var job = new AttentionBackwardJob
        {
            Operands = new AttentionOperands(shape, qkv),
            DQkv = (float*)dQkv.Address,
            DOutput = (float*)dOutput.Address,
            Output = (float*)output.Address,
            LogSumExp = (float*)logSumExp.Address,
        };
        _threads.For(job, (long)shape.B * shape.NKV, 1);
    }
}
