using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Attention;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// Multiplies: an item is a strip of C, columns if A is shared, rows if B is. It packs its part of the other operand block by
/// block of k and runs the tiles over it.
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
        var tile = Plan.SharesA ? TKernel.Columns : TKernel.Rows;
        var sharedPanels = Plan.SharesA ? Ceiling(M, TKernel.Rows) : Ceiling(N, TKernel.Columns);
        for (var task = begin; task < end; task++)
        {
            var first = task * Plan.PanelsPerTask * tile;
            for (long block = 0; block < BlockCount; block++)
            {
                var step = (FirstBlock + block) * Plan.Steps;
                var steps = Math.Min(Plan.Steps, K - step);
                if (Plan.SharesA)
                {
                    var columns = Math.Min(Plan.PanelsPerTask * tile, N - first);
                    PanelPacking.Pack(
                        local, BPanelStride, tile, Ceiling(columns, tile),
                        B.Data + first * B.ColumnStride + step * B.RowStride, B.ColumnStride, B.RowStride, columns, steps);
                    Multiply(
                        Shared + block * sharedPanels * APanelStride, local, 0, M, first, columns, FirstBlock + block, steps);
                }
                else
                {
                    var rows = Math.Min(Plan.PanelsPerTask * tile, M - first);
                    PanelPacking.Pack(
                        local, APanelStride, tile, Ceiling(rows, tile),
                        A.Data + first * A.RowStride + step * A.ColumnStride, A.RowStride, A.ColumnStride, rows, steps);
                    Multiply(
                        local, Shared + block * sharedPanels * BPanelStride, first, rows, 0, N, FirstBlock + block, steps);
                }
            }
        }
    }

    private static long Ceiling(long count, long unit) => (count + unit - 1) / unit;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Multiply(
        float* a, float* b, long firstRow, long rows, long firstColumn, long columns, long block, long steps)
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
                    Tile(
                        a + panel * APanelStride, bPanel, firstRow + i, Math.Min(TKernel.Rows, rows - i), firstColumn + j,
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
    /// <remarks>A method of its own: clearing the scratch memory at entry would cost every tile 1 %.</remarks>
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
