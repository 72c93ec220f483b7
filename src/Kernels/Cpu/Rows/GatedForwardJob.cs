using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = act(g) ∘ u, rows g | u.</summary>
internal unsafe struct GatedForwardJob<TActivation> : IParallelJob
    where TActivation : unmanaged, IActivation
{
    public float* Output, GateUp;
    public long F;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            if (Avx512F.IsSupported)
            {
                Row<Lanes16>(Output + n * F, GateUp + 2 * n * F);
            }
            else if (Avx2.IsSupported)
            {
                Row<Lanes8>(Output + n * F, GateUp + 2 * n * F);
            }
            else
            {
                Row<Lanes4>(Output + n * F, GateUp + 2 * n * F);
            }
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
