using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>dx = dy · act'(x).</summary>
internal unsafe struct ActivationBackwardJob<TActivation> : IParallelJob
    where TActivation : unmanaged, IActivation
{
    public float* DInput, DOutput, Input;
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
