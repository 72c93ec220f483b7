using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = act(x).</summary>
internal unsafe struct ActivationForwardJob<TActivation> : ILaneJob
    where TActivation : unmanaged, IActivation
{
    public float* Output, Input;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var i = first;
        for (; i + TLanes.Count <= last; i += TLanes.Count)
        {
            TActivation.Value(TLanes.Load(Input + i)).Store(Output + i);
        }

        if (i < last)
        {
            Lanes.Write(TActivation.Value(Lanes.Read<TLanes>(Input + i, last - i)), Output + i, last - i);
        }
    }
}
