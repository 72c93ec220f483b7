using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>Rotates q and k; an item is one token.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe struct RopeJob : IParallelJob
{
    public float* Qkv;
    public float* CosSin;
    public int* Offsets;
    public int T, HS, Heads, Half, PositionOffset;
    public long RowStride;
    public float SineSign;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            var offset = Offsets == null ? PositionOffset : Offsets[n / T];
            var cos = CosSin + (offset + n % T) * (2L * Half);
            var row = Qkv + n * RowStride;
            for (var head = 0; head < Heads; head++)
            {
                Rotate(row + (long)head * HS, cos, cos + Half);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rotate(float* head, float* cos, float* sin)
    {
        var first = head;
        var second = head + Half;
        var sign = new Vector<float>(SineSign);
        var i = 0;
        for (; i <= Half - Vector<float>.Count; i += Vector<float>.Count)
        {
            var a = Vector.Load(first + i);
            var b = Vector.Load(second + i);
            var c = Vector.Load(cos + i);
            var s = Vector.Load(sin + i) * sign;
            Vector.Store(a * c - b * s, first + i);
            Vector.Store(b * c + a * s, second + i);
        }

        for (; i < Half; i++)
        {
            var (a, b, s) = (first[i], second[i], sin[i] * SineSign);
            first[i] = a * cos[i] - b * s;
            second[i] = b * cos[i] + a * s;
        }
    }
}
