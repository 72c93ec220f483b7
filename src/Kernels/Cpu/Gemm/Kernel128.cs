using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// 8×8 in 32 registers of 128 bits: 16 sums, 2 vectors of B, 1 broadcast of A. Without fused products (x86
/// before FMA) the product is rounded on its own.
/// </summary>
internal readonly unsafe struct Kernel128 : IGemmKernel
{
    public static int Rows => 8;

    public static int Columns => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(float* a, float* b, long steps, float* c, long cStride, bool add)
    {
        Vector128<float> c00 = Vector128<float>.Zero, c01 = Vector128<float>.Zero;
        Vector128<float> c10 = Vector128<float>.Zero, c11 = Vector128<float>.Zero;
        Vector128<float> c20 = Vector128<float>.Zero, c21 = Vector128<float>.Zero;
        Vector128<float> c30 = Vector128<float>.Zero, c31 = Vector128<float>.Zero;
        Vector128<float> c40 = Vector128<float>.Zero, c41 = Vector128<float>.Zero;
        Vector128<float> c50 = Vector128<float>.Zero, c51 = Vector128<float>.Zero;
        Vector128<float> c60 = Vector128<float>.Zero, c61 = Vector128<float>.Zero;
        Vector128<float> c70 = Vector128<float>.Zero, c71 = Vector128<float>.Zero;
        for (; steps > 0; steps--)
        {
            var b0 = Vector128.Load(b);
            var b1 = Vector128.Load(b + 4);
            var a0 = Vector128.Create(a[0]);
            c00 = Vector128.MultiplyAddEstimate(a0, b0, c00);
            c01 = Vector128.MultiplyAddEstimate(a0, b1, c01);
            var a1 = Vector128.Create(a[1]);
            c10 = Vector128.MultiplyAddEstimate(a1, b0, c10);
            c11 = Vector128.MultiplyAddEstimate(a1, b1, c11);
            var a2 = Vector128.Create(a[2]);
            c20 = Vector128.MultiplyAddEstimate(a2, b0, c20);
            c21 = Vector128.MultiplyAddEstimate(a2, b1, c21);
            var a3 = Vector128.Create(a[3]);
            c30 = Vector128.MultiplyAddEstimate(a3, b0, c30);
            c31 = Vector128.MultiplyAddEstimate(a3, b1, c31);
            var a4 = Vector128.Create(a[4]);
            c40 = Vector128.MultiplyAddEstimate(a4, b0, c40);
            c41 = Vector128.MultiplyAddEstimate(a4, b1, c41);
            var a5 = Vector128.Create(a[5]);
            c50 = Vector128.MultiplyAddEstimate(a5, b0, c50);
            c51 = Vector128.MultiplyAddEstimate(a5, b1, c51);
            var a6 = Vector128.Create(a[6]);
            c60 = Vector128.MultiplyAddEstimate(a6, b0, c60);
            c61 = Vector128.MultiplyAddEstimate(a6, b1, c61);
            var a7 = Vector128.Create(a[7]);
            c70 = Vector128.MultiplyAddEstimate(a7, b0, c70);
            c71 = Vector128.MultiplyAddEstimate(a7, b1, c71);
            a += 8;
            b += 8;
        }

        if (add)
        {
            c00 += Vector128.Load(c);
            c01 += Vector128.Load(c + 4);
            c10 += Vector128.Load(c + cStride);
            c11 += Vector128.Load(c + cStride + 4);
            c20 += Vector128.Load(c + 2 * cStride);
            c21 += Vector128.Load(c + 2 * cStride + 4);
            c30 += Vector128.Load(c + 3 * cStride);
            c31 += Vector128.Load(c + 3 * cStride + 4);
            c40 += Vector128.Load(c + 4 * cStride);
            c41 += Vector128.Load(c + 4 * cStride + 4);
            c50 += Vector128.Load(c + 5 * cStride);
            c51 += Vector128.Load(c + 5 * cStride + 4);
            c60 += Vector128.Load(c + 6 * cStride);
            c61 += Vector128.Load(c + 6 * cStride + 4);
            c70 += Vector128.Load(c + 7 * cStride);
            c71 += Vector128.Load(c + 7 * cStride + 4);
        }

        c00.Store(c);
        c01.Store(c + 4);
        c10.Store(c + cStride);
        c11.Store(c + cStride + 4);
        c20.Store(c + 2 * cStride);
        c21.Store(c + 2 * cStride + 4);
        c30.Store(c + 3 * cStride);
        c31.Store(c + 3 * cStride + 4);
        c40.Store(c + 4 * cStride);
        c41.Store(c + 4 * cStride + 4);
        c50.Store(c + 5 * cStride);
        c51.Store(c + 5 * cStride + 4);
        c60.Store(c + 6 * cStride);
        c61.Store(c + 6 * cStride + 4);
        c70.Store(c + 7 * cStride);
        c71.Store(c + 7 * cStride + 4);
    }
}
