using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y ← s · y.</summary>
internal unsafe struct ScaleJob : IParallelJob
{
    public float* Output;
    public float Factor;
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
        var factor = TLanes.Create(Factor);
        for (var i = first; i < last; i += TLanes.Count)
        {
            Lanes.Write(factor * Lanes.Read<TLanes>(Output + i, last - i), Output + i, last - i);
        }
    }
}
