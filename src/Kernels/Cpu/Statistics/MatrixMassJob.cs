using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>Mass by columns; an item is one matrix.</summary>
internal unsafe struct MatrixMassJob : IParallelJob
{
    public int* Counts;
    public float* Matrices;
    public int T;
    public bool Sorted;
    public LevelList Levels;
    public Attention.ScratchBlocks Scratch;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var m = begin; m < end; m++)
        {
            var shares = (double*)Scratch[thread];
            ColumnSquares(shares, Matrices + m * T * T, T);
            if (Sorted)
            {
                var span = new Span<double>(shares, T);
                span.Sort();
                span.Reverse();
            }

            Levels.CountShares(Counts + m * Levels.Count, shares, T);
        }
    }

    /// <summary>‖A[:,j]‖² of each column, in f64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ColumnSquares(double* squares, float* matrix, int n)
    {
        new Span<double>(squares, n).Clear();
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                double value = matrix[(long)i * n + j];
                squares[j] += value * value;
            }
        }
    }
}
