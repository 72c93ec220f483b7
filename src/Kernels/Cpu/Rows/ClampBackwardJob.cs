using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>dy ← |y| &lt; limit ? dy : 0.</summary>
internal unsafe struct ClampBackwardJob : ILaneJob
{
    public float* DOutput, Output;
    public float Limit;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var limit = TLanes.Create(Limit);
        for (var i = first; i < last; i += TLanes.Count)
        {
            var size = TLanes.Abs(Lanes.Read<TLanes>(Output + i, last - i));
            var gradient = Lanes.Read<TLanes>(DOutput + i, last - i);
            Lanes.Write(TLanes.SelectGreater(limit, size, gradient, TLanes.Zero), DOutput + i, last - i);
        }
    }
}
