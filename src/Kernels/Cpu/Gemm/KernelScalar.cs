using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>4×4 in plain loops, for processors without vectors.</summary>
internal readonly unsafe struct KernelScalar : IGemmKernel
{
    public static int Rows => 4;

    public static int Columns => 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tile(float* a, float* b, long steps, float* c, long cStride, bool add)
    {
        var sums = stackalloc float[16];
        new Span<float>(sums, 16).Clear();
        for (; steps > 0; steps--)
        {
            for (var i = 0; i < 4; i++)
            {
                for (var j = 0; j < 4; j++)
                {
                    sums[4 * i + j] += a[i] * b[j];
                }
            }

            a += 4;
            b += 4;
        }

        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < 4; j++)
            {
                c[i * cStride + j] = sums[4 * i + j] + (add ? c[i * cStride + j] : 0);
            }
        }
    }
}
