using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = act(g) ∘ u, rows g | u.</summary>
internal unsafe struct GatedForwardJob<TActivation> : ILaneJob
    where TActivation : unmanaged, IActivation
{
    public float* Output, GateUp;
    public long F;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var n = begin; n < end; n++)
        {
            Row<TLanes>(Output + n * F, GateUp + 2 * n * F);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row<TLanes>(float* y, float* gate)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var up = gate + F;
        for (long f = 0; f < F; f += TLanes.Count)
        {
            var g = Lanes.Read<TLanes>(gate + f, F - f);
            Lanes.Write(TActivation.Value(g) * Lanes.Read<TLanes>(up + f, F - f), y + f, F - f);
        }
    }
}
