using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Attention;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// Multiplies: an item is a strip of C, columns if A is shared, rows if B is. It packs its part of the other
/// operand block by block of k and runs the tiles over it.
/// </summary>
internal unsafe struct GemmJob<TKernel, TLanes> : IParallelJob
    where TKernel : unmanaged, IGemmKernel
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int LargestTile = 8 * 48;

    public GemmPlan Plan;
    public GemmOperand A, B;
    public float* Shared, C;
    public ScratchBlocks Local;
    public long M, N, K, CStride, FirstBlock, BlockCount, APanelStride, BPanelStride;
    public GemmFinish Finish;
    public bool Accumulate;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var local = Local[thread];
        var prefetch = default(PanelPrefetch);
        for (var task = begin; task < end; task++)
        {
            for (long block = 0; block < BlockCount; block++)
            {
                // The next block, or what is likely to be this thread's next task: all threads take one in
                // turn.
                var (nextTask, nextBlock) = block + 1 < BlockCount ? (task, block + 1)
                    : (task + 1 < end ? task + 1 : task + Plan.Threads, 0);
                BeginPrefetch(ref prefetch, nextTask, nextBlock);
                if (Plan.SharesA)
                {
                    MultiplyColumns(ref prefetch, local, task, block);
                }
                else
                {
                    MultiplyRows(ref prefetch, local, task, block);
                }
            }
        }
    }

    /// <summary>A strip of columns: B is packed here, A is there already.</summary>
    private readonly void MultiplyColumns(ref PanelPrefetch prefetch, float* local, long task, long block)
    {
        var (first, columns, step, steps) = Part(task, block, N, TKernel.Columns);
        PanelPacking.Pack(
            local, BPanelStride, TKernel.Columns, Ceiling(columns, TKernel.Columns),
            B.Data + first * B.ColumnStride + step * B.RowStride, B.ColumnStride, B.RowStride, columns,
            steps);
        var a = Shared + block * Ceiling(M, TKernel.Rows) * APanelStride;
        Multiply(ref prefetch, a, local, 0, M, first, columns, FirstBlock + block, steps);
    }

    /// <summary>A strip of rows: A is packed here, B is there already.</summary>
    private readonly void MultiplyRows(ref PanelPrefetch prefetch, float* local, long task, long block)
    {
        var (first, rows, step, steps) = Part(task, block, M, TKernel.Rows);
        PanelPacking.Pack(
            local, APanelStride, TKernel.Rows, Ceiling(rows, TKernel.Rows),
            A.Data + first * A.RowStride + step * A.ColumnStride, A.RowStride, A.ColumnStride, rows, steps);
        var b = Shared + block * Ceiling(N, TKernel.Columns) * BPanelStride;
        Multiply(ref prefetch, local, b, first, rows, 0, N, FirstBlock + block, steps);
    }

    /// <summary>First row or column of a task, how many, first step of a block, how many.</summary>
    private readonly (long First, long Count, long Step, long Steps) Part(
        long task, long block, long size, int tile)
    {
        var (first, step) = (task * Plan.PanelsPerTask * tile, (FirstBlock + block) * Plan.Steps);
        var count = Math.Min(Plan.PanelsPerTask * tile, size - first);
        return (first, count, step, Math.Min(Plan.Steps, K - step));
    }

    private readonly void BeginPrefetch(ref PanelPrefetch prefetch, long task, long block)
    {
        if (task >= Plan.Tasks)
        {
            prefetch.End();
            return;
        }

        var operand = Plan.SharesA ? B.Transposed : A;
        var (size, tile) = Plan.SharesA ? (N, TKernel.Columns) : (M, TKernel.Rows);
        var (first, count, step, steps) = Part(task, block, size, tile);
        var tiles = Plan.PanelsPerTask
            * (Plan.SharesA ? Ceiling(M, TKernel.Rows) : Ceiling(N, TKernel.Columns));
        prefetch.Begin(
            operand.Data + first * operand.RowStride + step * operand.ColumnStride,
            operand.RowStride, operand.ColumnStride, count, steps, tiles);
    }

    private static long Ceiling(long count, long unit) => (count + unit - 1) / unit;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(
        ref PanelPrefetch prefetch, float* a, float* b, long firstRow, long rows, long firstColumn,
        long columns, long block,
        long steps)
    {
        var panels = Ceiling(rows, TKernel.Rows);
        for (long begin = 0; begin < panels; begin += Plan.RowPanelsPerBlock)
        {
            var end = Math.Min(begin + Plan.RowPanelsPerBlock, panels);
            for (long j = 0; j < columns; j += TKernel.Columns)
            {
                var bPanel = b + j / TKernel.Columns * BPanelStride;
                for (var panel = begin; panel < end; panel++)
                {
                    var i = panel * TKernel.Rows;
                    prefetch.Next();
                    Tile(
                        a + panel * APanelStride, bPanel, firstRow + i, Math.Min(TKernel.Rows, rows - i),
                        firstColumn + j,
                        Math.Min(TKernel.Columns, columns - j), block, steps);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Tile(
        float* a, float* b, long row, long rows, long column, long columns, long block, long steps)
    {
        if (rows == TKernel.Rows && columns == TKernel.Columns && !(Accumulate && Finish.Argument != null))
        {
            TKernel.Tile(a, b, steps, C + row * CStride + column, CStride, Accumulate || block > 0);
        }
        else if (PartTile(a, b, row, rows, column, columns, block, steps))
        {
            return;
        }

        if (block == Plan.Blocks - 1 && Finish.IsNeeded)
        {
            Finish.Apply<TLanes>(C, CStride, row, column, rows, columns);
        }
    }

    /// <summary>A tile that goes to C by way of scratch memory; true if it is finished.</summary>
    /// <remarks>
    /// A method of its own: else every tile would clear the scratch memory at entry.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private readonly bool PartTile(
        float* a, float* b, long row, long rows, long column, long columns, long block, long steps)
    {
        var tile = stackalloc float[LargestTile];
        TKernel.Tile(a, b, steps, tile, TKernel.Columns, false);
        if (Accumulate && Finish.Argument != null)
        {
            Finish.AddTo<TLanes>(tile, TKernel.Columns, C, CStride, row, column, rows, columns);
            return true;
        }

        var add = Accumulate || block > 0;
        for (long i = 0; i < rows; i++)
        {
            var c = C + (row + i) * CStride + column;
            for (long j = 0; j < columns; j++)
            {
                var sum = tile[i * TKernel.Columns + j];
                c[j] = add ? sum + c[j] : sum;
            }
        }

        return false;
    }
}
