using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Inheritune.Kernels.Cpu;

namespace Inheritune.Bench;

internal enum PeakKind
{
    Fma,
    Touch,
    Read,
    Triad,
}

/// <summary>The loops behind <see cref="MachinePeak"/>.</summary>
internal unsafe struct PeakJob : IParallelJob
{
    /// <summary>One stream: larger than any L3 that two cores see.</summary>
    public const long StreamBytes = 96L << 20;

    public const long BlockBytes = 1 << 20;
    public const long Blocks = StreamBytes / BlockBytes;

    private const int FmaRounds = 100_000;

    public PeakKind Kind;
    public nint Memory;

    /// <summary>Operations of one item: 12 vectors of multiply-adds per round.</summary>
    public static double FmaFlops => 2.0 * 12 * FmaRounds * (Avx512F.IsSupported ? 16 : 8);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            if (Kind == PeakKind.Fma)
            {
                if (Avx512F.IsSupported)
                {
                    Multiply512();
                }
                else
                {
                    Multiply256();
                }
            }
            else
            {
                Stream((float*)(Memory + (nint)(item * BlockBytes)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Multiply512()
    {
        var factor = Vector512.Create(0.999f);
        Vector512<float> a = factor, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (var round = 0; round < FmaRounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, factor, factor);
            b = Vector512.FusedMultiplyAdd(b, factor, factor);
            c = Vector512.FusedMultiplyAdd(c, factor, factor);
            d = Vector512.FusedMultiplyAdd(d, factor, factor);
            e = Vector512.FusedMultiplyAdd(e, factor, factor);
            f = Vector512.FusedMultiplyAdd(f, factor, factor);
            g = Vector512.FusedMultiplyAdd(g, factor, factor);
            h = Vector512.FusedMultiplyAdd(h, factor, factor);
            i = Vector512.FusedMultiplyAdd(i, factor, factor);
            j = Vector512.FusedMultiplyAdd(j, factor, factor);
            k = Vector512.FusedMultiplyAdd(k, factor, factor);
            l = Vector512.FusedMultiplyAdd(l, factor, factor);
        }

        Keep(Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Multiply256()
    {
        var factor = Vector256.Create(0.999f);
        Vector256<float> a = factor, b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (var round = 0; round < FmaRounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(a, factor, factor);
            b = Vector256.FusedMultiplyAdd(b, factor, factor);
            c = Vector256.FusedMultiplyAdd(c, factor, factor);
            d = Vector256.FusedMultiplyAdd(d, factor, factor);
            e = Vector256.FusedMultiplyAdd(e, factor, factor);
            f = Vector256.FusedMultiplyAdd(f, factor, factor);
            g = Vector256.FusedMultiplyAdd(g, factor, factor);
            h = Vector256.FusedMultiplyAdd(h, factor, factor);
            i = Vector256.FusedMultiplyAdd(i, factor, factor);
            j = Vector256.FusedMultiplyAdd(j, factor, factor);
            k = Vector256.FusedMultiplyAdd(k, factor, factor);
            l = Vector256.FusedMultiplyAdd(l, factor, factor);
        }

        Keep(Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Stream(float* a)
    {
        const long Count = BlockBytes / sizeof(float);
        var b = (float*)((nint)a + (nint)StreamBytes);
        var c = (float*)((nint)b + (nint)StreamBytes);
        if (Kind == PeakKind.Touch)
        {
            new Span<float>(a, (int)Count).Fill(1);
            new Span<float>(b, (int)Count).Fill(1);
            new Span<float>(c, (int)Count).Fill(1);
        }
        else if (Kind == PeakKind.Read)
        {
            var (even, odd) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (long i = 0; i < Count; i += 16)
            {
                even += Vector256.Load(a + i);
                odd += Vector256.Load(a + i + 8);
            }

            Keep(Vector256.Sum(even + odd));
        }
        else
        {
            var factor = Vector256.Create(0.5f);
            for (long i = 0; i < Count; i += 8)
            {
                Vector256.FusedMultiplyAdd(Vector256.Load(c + i), factor, Vector256.Load(b + i)).Store(a + i);
            }
        }
    }

    /// <summary>Uses a result, so that its loop is not removed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(float value)
    {
        if (value == 12345f)
        {
            Console.WriteLine(value);
        }
    }
}
