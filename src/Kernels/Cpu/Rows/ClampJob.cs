using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y ← min(max(y, −limit), limit).</summary>
internal unsafe struct ClampJob : ILaneJob
{
    public float* Output;
    public float Limit;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var (high, low) = (TLanes.Create(Limit), TLanes.Create(-Limit));
        for (var i = first; i < last; i += TLanes.Count)
        {
            // NOTE: where an operand is NaN both give the second one, here y.
            var y = Lanes.Read<TLanes>(Output + i, last - i);
            Lanes.Write(TLanes.Min(high, TLanes.Max(low, y)), Output + i, last - i);
        }
    }
}
