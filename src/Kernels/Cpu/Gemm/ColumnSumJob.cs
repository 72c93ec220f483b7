using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// Sums of columns, in the order of the rows: sums of 64 rows, then their sum. An item is 256 columns.
/// </summary>
internal unsafe struct ColumnSumJob : IParallelJob
{
    public const int ItemColumns = 256;
    private const int BlockRows = 64;

    public float* Output, Input;
    public long Rows, Columns;
    public bool Accumulate;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var total = stackalloc float[ItemColumns];
        var block = stackalloc float[ItemColumns];
        for (var item = begin; item < end; item++)
        {
            var first = item * ItemColumns;
            var count = Math.Min(ItemColumns, Columns - first);
            new Span<float>(total, ItemColumns).Clear();
            for (long row = 0; row < Rows; row += BlockRows)
            {
                new Span<float>(block, ItemColumns).Clear();
                for (var r = row; r < Math.Min(row + BlockRows, Rows); r++)
                {
                    Add(block, Input + r * Columns + first, count);
                }

                Add(total, block, count);
            }

            if (!Accumulate)
            {
                new Span<float>(Output + first, (int)count).Clear();
            }

            Add(Output + first, total, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* output, float* input, long count)
    {
        long i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            (Vector.Load(output + i) + Vector.Load(input + i)).Store(output + i);
        }

        for (; i < count; i++)
        {
            output[i] += input[i];
        }
    }
}
