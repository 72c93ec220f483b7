using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Bench;

/// <summary>
/// The fastest that one core does f32 multiply-adds, from registers: the yardstick of the matrix product.
/// </summary>
internal static class GemmPeak
{
    private const int Steps = 1_000_000;

    /// <summary>GFLOP/s of one thread, the best of several tries.</summary>
    public static double Measure()
    {
        var best = double.MaxValue;
        var lanes = Avx512F.IsSupported ? 16 : Avx2.IsSupported ? 8 : 4;
        for (var i = 0; i < 8; i++)
        {
            var start = GemmClock.Seconds(threadTime: true);
            Consume(lanes == 16 ? Run512() : lanes == 8 ? Run256() : Run128());
            best = Math.Min(best, GemmClock.Seconds(threadTime: true) - start);
        }

        return 12.0 * 2 * lanes * Steps / best / 1e9;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Consume(float value) => GC.KeepAlive(float.IsNaN(value) ? "" : null);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run512()
    {
        var (a, b) = (Vector512.Create(0.999f), Vector512.Create(1e-3f));
        Vector512<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b;
        Vector512<float> s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (var i = 0; i < Steps; i++)
        {
            s0 = Vector512.MultiplyAddEstimate(a, b, s0);
            s1 = Vector512.MultiplyAddEstimate(a, b, s1);
            s2 = Vector512.MultiplyAddEstimate(a, b, s2);
            s3 = Vector512.MultiplyAddEstimate(a, b, s3);
            s4 = Vector512.MultiplyAddEstimate(a, b, s4);
            s5 = Vector512.MultiplyAddEstimate(a, b, s5);
            s6 = Vector512.MultiplyAddEstimate(a, b, s6);
            s7 = Vector512.MultiplyAddEstimate(a, b, s7);
            s8 = Vector512.MultiplyAddEstimate(a, b, s8);
            s9 = Vector512.MultiplyAddEstimate(a, b, s9);
            s10 = Vector512.MultiplyAddEstimate(a, b, s10);
            s11 = Vector512.MultiplyAddEstimate(a, b, s11);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run256()
    {
        var (a, b) = (Vector256.Create(0.999f), Vector256.Create(1e-3f));
        Vector256<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b;
        Vector256<float> s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (var i = 0; i < Steps; i++)
        {
            s0 = Vector256.MultiplyAddEstimate(a, b, s0);
            s1 = Vector256.MultiplyAddEstimate(a, b, s1);
            s2 = Vector256.MultiplyAddEstimate(a, b, s2);
            s3 = Vector256.MultiplyAddEstimate(a, b, s3);
            s4 = Vector256.MultiplyAddEstimate(a, b, s4);
            s5 = Vector256.MultiplyAddEstimate(a, b, s5);
            s6 = Vector256.MultiplyAddEstimate(a, b, s6);
            s7 = Vector256.MultiplyAddEstimate(a, b, s7);
            s8 = Vector256.MultiplyAddEstimate(a, b, s8);
            s9 = Vector256.MultiplyAddEstimate(a, b, s9);
            s10 = Vector256.MultiplyAddEstimate(a, b, s10);
            s11 = Vector256.MultiplyAddEstimate(a, b, s11);
        }

        return Vector256.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Run128()
    {
        var (a, b) = (Vector128.Create(0.999f), Vector128.Create(1e-3f));
        Vector128<float> s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b;
        Vector128<float> s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (var i = 0; i < Steps; i++)
        {
            s0 = Vector128.MultiplyAddEstimate(a, b, s0);
            s1 = Vector128.MultiplyAddEstimate(a, b, s1);
            s2 = Vector128.MultiplyAddEstimate(a, b, s2);
            s3 = Vector128.MultiplyAddEstimate(a, b, s3);
            s4 = Vector128.MultiplyAddEstimate(a, b, s4);
            s5 = Vector128.MultiplyAddEstimate(a, b, s5);
            s6 = Vector128.MultiplyAddEstimate(a, b, s6);
            s7 = Vector128.MultiplyAddEstimate(a, b, s7);
            s8 = Vector128.MultiplyAddEstimate(a, b, s8);
            s9 = Vector128.MultiplyAddEstimate(a, b, s9);
            s10 = Vector128.MultiplyAddEstimate(a, b, s10);
            s11 = Vector128.MultiplyAddEstimate(a, b, s11);
        }

        return Vector128.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }
}
