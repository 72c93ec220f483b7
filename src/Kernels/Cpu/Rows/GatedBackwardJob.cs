using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>dg = dy ∘ u ∘ act'(g), du = dy ∘ act(g), rows dg | du; in place if asked.</summary>
internal unsafe struct GatedBackwardJob<TActivation> : ILaneJob
    where TActivation : unmanaged, IActivation
{
    public float* DGateUp, DOutput, GateUp;
    public long F;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var n = begin; n < end; n++)
        {
            Row<TLanes>(n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row<TLanes>(long n)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var dGate = DGateUp + 2 * n * F;
        var dy = DOutput + n * F;
        var gate = GateUp + 2 * n * F;
        for (long f = 0; f < F; f += TLanes.Count)
        {
            var left = F - f;
            var g = Lanes.Read<TLanes>(gate + f, left);
            var u = Lanes.Read<TLanes>(gate + F + f, left);
            var d = Lanes.Read<TLanes>(dy + f, left);
            var (value, derivative) = TActivation.Both(g);
            Lanes.Write(d * u * derivative, dGate + f, left);
            Lanes.Write(d * value, dGate + F + f, left);
        }
    }
}
