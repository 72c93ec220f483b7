using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// y = x Wᵀ for a few rows of x, as in generation: bound by reading W, which is read once. Some steps of 4 vectors
/// of rows of W at a time are turned in the first-level cache; each sum then takes its steps in the order of the
/// general product's tiles, so that a row of y has the same bits alone and among many.
/// </summary>
internal unsafe struct RowProductJob<TLanes> : IParallelJob
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Vectors = 4, Steps = 64;

    /// <summary>Floats of the widest vector, for the sizes of arrays on the stack.</summary>
    private const int MaxLanes = 16;

    public float* Output, Input, Weight;
    public long N, C, OC;
    public GemmFinish Finish;

    /// <summary>Rows of W of an item.</summary>
    public static int ItemColumns => Vectors * TLanes.Count;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var panels = stackalloc float[Vectors * MaxLanes * Steps];
        var sums = stackalloc float[RowProductLimits.MaxRows * Vectors * MaxLanes];
        var blockSteps = GemmPlan.StepsOf(C);
        for (var item = begin; item < end; item++)
        {
            var first = item * ItemColumns;
            var columns = Math.Min(ItemColumns, OC - first);
            for (long step = 0; step < C || step == 0; step += blockSteps)
            {
                new Span<float>(sums, (int)N * ItemColumns).Clear();
                Block(panels, sums, first, columns, step, Math.Min(blockSteps, C - step));
                Store(sums, first, columns, add: step > 0);
            }

            if (Finish.IsNeeded)
            {
                Finish.Apply<TLanes>(Output, OC, 0, first, N, columns);
            }
        }
    }

    /// <summary>Adds the steps of one block to the sums, in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block(float* panels, float* sums, long first, long columns, long step, long steps)
    {
        const int PanelFloats = MaxLanes * Steps;
        for (long done = 0; done < steps; done += Steps)
        {
            var count = Math.Min(Steps, steps - done);
            PanelPacking.Pack(
                panels, PanelFloats, TLanes.Count, Vectors, Weight + first * C + step + done, C, 1, columns, count);
            for (long n = 0; n < N; n++)
            {
                Row(sums + n * ItemColumns, Input + n * C + step + done, panels, PanelFloats, count);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(float* sums, float* x, float* panels, int panelFloats, long count)
    {
        var lanes = TLanes.Count;
        var (s0, s1) = (TLanes.Load(sums), TLanes.Load(sums + lanes));
        var (s2, s3) = (TLanes.Load(sums + 2 * lanes), TLanes.Load(sums + 3 * lanes));
        for (var last = x + count; x < last; x++, panels += lanes)
        {
            var x0 = TLanes.Create(*x);
            s0 = TLanes.MultiplyAdd(x0, TLanes.Load(panels), s0);
            s1 = TLanes.MultiplyAdd(x0, TLanes.Load(panels + panelFloats), s1);
            s2 = TLanes.MultiplyAdd(x0, TLanes.Load(panels + 2 * panelFloats), s2);
            s3 = TLanes.MultiplyAdd(x0, TLanes.Load(panels + 3 * panelFloats), s3);
        }

        s0.Store(sums);
        s1.Store(sums + lanes);
        s2.Store(sums + 2 * lanes);
        s3.Store(sums + 3 * lanes);
    }

    private readonly void Store(float* sums, long first, long columns, bool add)
    {
        for (long n = 0; n < N; n++)
        {
            var from = sums + n * ItemColumns;
            var to = Output + n * OC + first;
            for (long j = 0; j < columns; j += TLanes.Count)
            {
                var value = TLanes.Load(from + j);
                var left = columns - j;
                Lanes.Write(add ? value + Lanes.Read<TLanes>(to + j, left) : value, to + j, left);
            }
        }
    }
}
