using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y ← s · y.</summary>
internal unsafe struct ScaleJob : ILaneJob
{
    public float* Output;
    public float Factor;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var factor = TLanes.Create(Factor);
        for (var i = first; i < last; i += TLanes.Count)
        {
            Lanes.Write(factor * Lanes.Read<TLanes>(Output + i, last - i), Output + i, last - i);
        }
    }
}
