using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>dg = dy ∘ u ∘ act'(g), du = dy ∘ act(g), rows dg | du; in place if asked.</summary>
internal unsafe struct GatedBackwardJob<TActivation> : IParallelJob
    where TActivation : unmanaged, IActivation
{
    public float* DGateUp, DOutput, GateUp;
    public long F;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            if (Avx512F.IsSupported)
            {
                Row<Lanes16>(n);
            }
            else if (Avx2.IsSupported)
            {
                Row<Lanes8>(n);
            }
            else
            {
                Row<Lanes4>(n);
            }
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
