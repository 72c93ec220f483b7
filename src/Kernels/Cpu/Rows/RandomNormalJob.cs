using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Normal values: elements 4b .. 4b + 3 come from Philox block b by Box–Muller, in f64.</summary>
internal unsafe struct RandomNormalJob : IParallelJob
{
    public float* Output;
    public long Count;
    public ulong Seed, Stream;
    public float StandardDeviation;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var last = Chunks.End(end, Count);
        var values = stackalloc float[4];
        for (var i = begin * Chunks.Size; i < last; i += 4)
        {
            var (x0, x1, x2, x3) = Philox.Block((ulong)i / 4, Stream, Seed);
            Pair(values, x0, x1);
            Pair(values + 2, x2, x3);
            for (var j = 0; j < Math.Min(4, last - i); j++)
            {
                Output[i + j] = values[j] * StandardDeviation;
            }
        }
    }

    /// <summary>Two independent normal values of two random words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(float* values, uint x, uint y)
    {
        var radius = Math.Sqrt(-2 * Math.Log((x + 0.5) * (1.0 / 4294967296.0)));
        var (sin, cos) = Math.SinCos((y + 0.5) * (2 * Math.PI / 4294967296.0));
        values[0] = (float)(radius * cos);
        values[1] = (float)(radius * sin);
    }
}
