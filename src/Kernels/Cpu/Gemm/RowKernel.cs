using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// One row, as in generation: four vectors of sums, whose steps follow each other as in the larger tiles, so that
/// a row has the same bits alone and among others. The product is bound by reading B.
/// </summary>
internal readonly unsafe struct RowKernel<TLanes> : IGemmKernel
    where TLanes : unmanaged, ILanes<TLanes>
{
    public static int Rows => 1;

    public static int Columns => 4 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(float* a, float* b, long steps, float* c, long cStride, bool add)
    {
        TLanes c0 = TLanes.Zero, c1 = TLanes.Zero, c2 = TLanes.Zero, c3 = TLanes.Zero;
        for (; steps > 0; steps--)
        {
            var a0 = TLanes.Create(*a);
            c0 = TLanes.MultiplyAdd(a0, TLanes.Load(b), c0);
            c1 = TLanes.MultiplyAdd(a0, TLanes.Load(b + TLanes.Count), c1);
            c2 = TLanes.MultiplyAdd(a0, TLanes.Load(b + 2 * TLanes.Count), c2);
            c3 = TLanes.MultiplyAdd(a0, TLanes.Load(b + 3 * TLanes.Count), c3);
            a++;
            b += 4 * TLanes.Count;
        }

        if (add)
        {
            c0 += TLanes.Load(c);
            c1 += TLanes.Load(c + TLanes.Count);
            c2 += TLanes.Load(c + 2 * TLanes.Count);
            c3 += TLanes.Load(c + 3 * TLanes.Count);
        }

        c0.Store(c);
        c1.Store(c + TLanes.Count);
        c2.Store(c + 2 * TLanes.Count);
        c3.Store(c + 3 * TLanes.Count);
    }
}
