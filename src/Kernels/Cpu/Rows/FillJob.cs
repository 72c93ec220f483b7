using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = value.</summary>
internal unsafe struct FillJob : ILaneJob
{
    public float* Output;
    public float Value;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var value = TLanes.Create(Value);
        for (var i = first; i < last; i += TLanes.Count)
        {
            Lanes.Write(value, Output + i, last - i);
        }
    }
}
