using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = value.</summary>
internal unsafe struct FillJob : IParallelJob
{
    public float* Output;
    public float Value;
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
        var value = TLanes.Create(Value);
        for (var i = first; i < last; i += TLanes.Count)
        {
            Lanes.Write(value, Output + i, last - i);
        }
    }
}
