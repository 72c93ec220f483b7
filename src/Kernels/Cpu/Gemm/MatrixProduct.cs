using Inheritune.Kernels.Cpu.Attention;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// C (M, N) (+)= A (M, K) · B (K, N) after Goto and van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication" (2008): operands are packed into panels that a register tile reads front to back. The
/// smaller of A and B is packed once by all threads; then each thread takes strips of C and packs the other
/// operand for itself.
/// </summary>
internal sealed unsafe class MatrixProduct(ThreadTeam threads)
{
    private readonly NativeScratch _shared = new();
    private readonly ThreadScratch _local = new(threads.Count);

    /// <summary>The vectors to use; another path than the best one is for tests.</summary>
    public GemmPath Path { get; set; } = GemmPaths.Best;

    /// <summary>Multiplies.</summary>
    /// <param name="c">Result, row-major without gaps. Overwritten, or added to.</param>
    /// <param name="a">Left operand.</param>
    /// <param name="b">Right operand.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="finish">What to do when the sums are complete.</param>
    /// <param name="accumulate">Add to the result.</param>
    public void Run(
        float* c, in GemmOperand a, in GemmOperand b, long m, long n, long k, in GemmFinish finish,
        bool accumulate)
    {
        if (m == 0 || n == 0)
        {
            return;
        }

        switch (Path)
        {
            case GemmPath.Vector512: Run<Kernel512, Lanes16>(c, a, b, m, n, k, finish, accumulate); break;
            case GemmPath.Vector256: Run<Kernel256, Lanes8>(c, a, b, m, n, k, finish, accumulate); break;
            case GemmPath.Vector128: Run<Kernel128, Lanes4>(c, a, b, m, n, k, finish, accumulate); break;
            default: Run<KernelScalar, Lanes4>(c, a, b, m, n, k, finish, accumulate); break;
        }
    }

    private void Run<TKernel, TLanes>(
        float* c, in GemmOperand a, in GemmOperand b, long m, long n, long k, in GemmFinish finish,
        bool accumulate)
        where TKernel : unmanaged, IGemmKernel
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var plan = new GemmPlan(m, n, k, TKernel.Rows, TKernel.Columns, threads.Count);
        var pack = PackJob<TKernel>(plan, a, b, m, n, k);
        pack.Target = (float*)_shared.Reserve(
            checked(plan.BlocksPerPortion * pack.Panels * pack.PanelStride * sizeof(float)));
        var job = new GemmJob<TKernel, TLanes>
        {
            Plan = plan,
            A = a,
            B = b,
            Shared = pack.Target,
            C = c,
            M = m,
            N = n,
            K = k,
            CStride = n,
            APanelStride = PanelPacking.PanelStride(TKernel.Rows, plan.Steps),
            BPanelStride = PanelPacking.PanelStride(TKernel.Columns, plan.Steps),
            Finish = finish,
            Accumulate = accumulate,
        };
        job.Local = _local.Reserve(plan.PanelsPerTask * (plan.SharesA ? job.BPanelStride : job.APanelStride));
        for (long block = 0; block < plan.Blocks; block += plan.BlocksPerPortion)
        {
            job.FirstBlock = pack.FirstBlock = block;
            job.BlockCount = Math.Min(plan.BlocksPerPortion, plan.Blocks - block);
            threads.For(pack, job.BlockCount * pack.ItemsPerBlock, 1);
            threads.For(job, plan.Tasks, 1);
        }
    }

    private static GemmPackJob PackJob<TKernel>(
        in GemmPlan plan, in GemmOperand a, in GemmOperand b, long m, long n, long k)
        where TKernel : unmanaged, IGemmKernel
    {
        var source = plan.SharesA ? a : b.Transposed;
        var width = plan.SharesA ? TKernel.Rows : TKernel.Columns;
        return new GemmPackJob
        {
            Source = source.Data,
            ElementStride = source.RowStride,
            StepStride = source.ColumnStride,
            Elements = plan.SharesA ? m : n,
            K = k,
            Steps = plan.Steps,
            PanelStride = PanelPacking.PanelStride(width, plan.Steps),
            PanelsPerItem = Math.Max(1, 48 / width),
            Width = width,
        };
    }
}
