using Inheritune.Kernels.Cpu.Attention;
using Inheritune.Kernels.Cpu.Statistics;

namespace Inheritune.Kernels.Cpu;

internal sealed unsafe partial class CpuOps
{
    private readonly ThreadScratch _statisticsScratch = new(device.Threads.Count);

    private protected override void AttentionWeightsCore(Tensor weights, Tensor qkv, in AttentionShape shape, bool causal)
    {
        var job = new AttentionWeightsJob
        {
            Operands = new AttentionOperands(shape, qkv),
            Weights = (float*)weights.Address,
            Causal = causal,
        };
        _threads.For(job, shape.N * shape.NH, 16);
    }

    private protected override void MatrixRankCore(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels)
    {
        var T = (int)matrices.Shape[1];
        var job = new MatrixRankJob
        {
            Counts = (int*)ranks.Address,
            Matrices = (float*)matrices.Address,
            T = T,
            Levels = new LevelList(levels),
            Scratch = _statisticsScratch.Reserve(2 * MatrixSpectrum.ScratchDoubles(T)),
        };
        _threads.For(job, matrices.Shape[0], 1);
    }

    private protected override void MatrixMassCore(
        Tensor counts, Tensor matrices, ReadOnlySpan<double> levels, bool sorted)
    {
        var T = (int)matrices.Shape[1];
        var job = new MatrixMassJob
        {
            Counts = (int*)counts.Address,
            Matrices = (float*)matrices.Address,
            T = T,
            Sorted = sorted,
            Levels = new LevelList(levels),
            Scratch = _statisticsScratch.Reserve(2L * T),
        };
        _threads.For(job, matrices.Shape[0], 4);
    }

    private protected override void MatrixSinkCore(Tensor statistics, Tensor matrices)
    {
        var job = new MatrixSinkJob
        {
            Statistics = (float*)statistics.Address,
            Matrices = (float*)matrices.Address,
            T = (int)matrices.Shape[1],
        };
        _threads.For(job, matrices.Shape[0], 4);
    }
}
