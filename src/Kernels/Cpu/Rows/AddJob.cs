using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y ← y + x.</summary>
internal unsafe struct AddJob : ILaneJob
{
    public float* Output, Input;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        for (var i = first; i < last; i += TLanes.Count)
        {
            var sum = Lanes.Read<TLanes>(Output + i, last - i) + Lanes.Read<TLanes>(Input + i, last - i);
            Lanes.Write(sum, Output + i, last - i);
        }
    }
}
