using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Partial sums in f64, one for each chunk.</summary>
internal unsafe struct SumJob : IParallelJob
{
    public float* Input;
    public double* Partial;
    public bool Squares;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        if (Avx512F.IsSupported)
        {
            Elements<Lanes16>(first, last);
        }
        else if (Avx2.IsSupported)
        {
            Elements<Lanes8>(first, last);
        }
        else
        {
            Elements<Lanes4>(first, last);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Elements<TLanes>(long first, long last)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var start = first; start < last; start += Chunks.Size)
        {
            var end = Math.Min(start + Chunks.Size, last);
            var vectors = (end - start) / TLanes.Count;
            var rest = start + vectors * TLanes.Count;
            double sum = Squares
                ? TLanes.SumSquaresDouble(Input + start, vectors)
                : TLanes.SumDouble(Input + start, vectors);
            for (var i = rest; i < end; i++)
            {
                sum += Squares ? (double)Input[i] * Input[i] : Input[i];
            }

            Partial[start / Chunks.Size] = sum;
        }
    }
}
