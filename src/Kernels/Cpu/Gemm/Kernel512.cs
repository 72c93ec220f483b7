using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// 8×48 in 32 registers of 512 bits: 24 sums, 3 vectors of B, 1 broadcast of A. Every sum is independent, so
/// 24 products are under way where 8 would hide their latency.
/// </summary>
internal readonly unsafe struct Kernel512 : IGemmKernel
{
    public static int Rows => 8;

    public static int Columns => 48;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(float* a, float* b, long steps, float* c, long cStride, bool add)
    {
        // The lines of C are on their way while the products are summed.
        for (var i = 0; i < Rows; i++)
        {
            Sse.Prefetch0(c + i * cStride);
            Sse.Prefetch0(c + i * cStride + Columns - 1);
            Sse.Prefetch0(c + i * cStride + 16);
            Sse.Prefetch0(c + i * cStride + 32);
        }

        Vector512<float> c00 = Vector512<float>.Zero, c01 = Vector512<float>.Zero;
        Vector512<float> c02 = Vector512<float>.Zero;
        Vector512<float> c10 = Vector512<float>.Zero, c11 = Vector512<float>.Zero;
        Vector512<float> c12 = Vector512<float>.Zero;
        Vector512<float> c20 = Vector512<float>.Zero, c21 = Vector512<float>.Zero;
        Vector512<float> c22 = Vector512<float>.Zero;
        Vector512<float> c30 = Vector512<float>.Zero, c31 = Vector512<float>.Zero;
        Vector512<float> c32 = Vector512<float>.Zero;
        Vector512<float> c40 = Vector512<float>.Zero, c41 = Vector512<float>.Zero;
        Vector512<float> c42 = Vector512<float>.Zero;
        Vector512<float> c50 = Vector512<float>.Zero, c51 = Vector512<float>.Zero;
        Vector512<float> c52 = Vector512<float>.Zero;
        Vector512<float> c60 = Vector512<float>.Zero, c61 = Vector512<float>.Zero;
        Vector512<float> c62 = Vector512<float>.Zero;
        Vector512<float> c70 = Vector512<float>.Zero, c71 = Vector512<float>.Zero;
        Vector512<float> c72 = Vector512<float>.Zero;
        for (; steps > 0; steps--)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var b2 = Vector512.Load(b + 32);
            var a0 = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(a0, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(a0, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(a0, b2, c02);
            var a1 = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(a1, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(a1, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(a1, b2, c12);
            var a2 = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(a2, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(a2, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(a2, b2, c22);
            var a3 = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(a3, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(a3, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(a3, b2, c32);
            var a4 = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(a4, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(a4, b1, c41);
            c42 = Vector512.FusedMultiplyAdd(a4, b2, c42);
            var a5 = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(a5, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(a5, b1, c51);
            c52 = Vector512.FusedMultiplyAdd(a5, b2, c52);
            var a6 = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(a6, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(a6, b1, c61);
            c62 = Vector512.FusedMultiplyAdd(a6, b2, c62);
            var a7 = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(a7, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(a7, b1, c71);
            c72 = Vector512.FusedMultiplyAdd(a7, b2, c72);
            a += 8;
            b += 48;
        }

        if (add)
        {
            c00 += Vector512.Load(c);
            c01 += Vector512.Load(c + 16);
            c02 += Vector512.Load(c + 32);
            c10 += Vector512.Load(c + cStride);
            c11 += Vector512.Load(c + cStride + 16);
            c12 += Vector512.Load(c + cStride + 32);
            c20 += Vector512.Load(c + 2 * cStride);
            c21 += Vector512.Load(c + 2 * cStride + 16);
            c22 += Vector512.Load(c + 2 * cStride + 32);
            c30 += Vector512.Load(c + 3 * cStride);
            c31 += Vector512.Load(c + 3 * cStride + 16);
            c32 += Vector512.Load(c + 3 * cStride + 32);
            c40 += Vector512.Load(c + 4 * cStride);
            c41 += Vector512.Load(c + 4 * cStride + 16);
            c42 += Vector512.Load(c + 4 * cStride + 32);
            c50 += Vector512.Load(c + 5 * cStride);
            c51 += Vector512.Load(c + 5 * cStride + 16);
            c52 += Vector512.Load(c + 5 * cStride + 32);
            c60 += Vector512.Load(c + 6 * cStride);
            c61 += Vector512.Load(c + 6 * cStride + 16);
            c62 += Vector512.Load(c + 6 * cStride + 32);
            c70 += Vector512.Load(c + 7 * cStride);
            c71 += Vector512.Load(c + 7 * cStride + 16);
            c72 += Vector512.Load(c + 7 * cStride + 32);
        }

        c00.Store(c);
        c01.Store(c + 16);
        c02.Store(c + 32);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 16);
        c12.Store(c + cStride + 32);
        c20.Store(c + 2 * cStride);
        c21.Store(c + 2 * cStride + 16);
        c22.Store(c + 2 * cStride + 32);
        c30.Store(c + 3 * cStride);
        c31.Store(c + 3 * cStride + 16);
        c32.Store(c + 3 * cStride + 32);
        c40.Store(c + 4 * cStride);
        c41.Store(c + 4 * cStride + 16);
        c42.Store(c + 4 * cStride + 32);
        c50.Store(c + 5 * cStride);
        c51.Store(c + 5 * cStride + 16);
        c52.Store(c + 5 * cStride + 32);
        c60.Store(c + 6 * cStride);
        c61.Store(c + 6 * cStride + 16);
        c62.Store(c + 6 * cStride + 32);
        c70.Store(c + 7 * cStride);
        c71.Store(c + 7 * cStride + 16);
        c72.Store(c + 7 * cStride + 32);
    }
}
