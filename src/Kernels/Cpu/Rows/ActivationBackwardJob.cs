using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>dx = dy · act'(x).</summary>
internal unsafe struct ActivationBackwardJob<TActivation> : ILaneJob
    where TActivation : unmanaged, IActivation
{
    public float* DInput, DOutput, Input;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (first, last) = (begin * Chunks.Size, Chunks.End(end, Count));
        var i = first;
        for (; i + TLanes.Count <= last; i += TLanes.Count)
        {
            (TLanes.Load(DOutput + i) * TActivation.Derivative(TLanes.Load(Input + i))).Store(DInput + i);
        }

        if (i < last)
        {
            var derivative = TActivation.Derivative(Lanes.Read<TLanes>(Input + i, last - i));
            Lanes.Write(Lanes.Read<TLanes>(DOutput + i, last - i) * derivative, DInput + i, last - i);
        }
    }
}
