using System.Runtime.CompilerServices;
using Inheritune.Kernels.Cpu.Rows;

namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// y = x Wᵀ for a few rows of x, as in generation: bound by reading W, so W is read once, in place, and
/// nothing is packed. An item is <see cref="ItemColumns"/> rows of W.
/// </summary>
internal unsafe struct RowProductJob<TLanes> : IParallelJob
    where TLanes : unmanaged, ILanes<TLanes>
{
    public const int ItemColumns = 64;

    public float* Output, Input, Weight;
    public long N, C, OC;
    public GemmFinish Finish;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var item = begin; item < end; item++)
        {
            var first = item * ItemColumns;
            var last = Math.Min(first + ItemColumns, OC);
            for (var o = first; o < last; o += 4)
            {
                for (long n = 0; n < N; n++)
                {
                    if (last - o >= 4)
                    {
                        Four(n, o);
                    }
                    else
                    {
                        Rest(n, o, last);
                    }
                }
            }

            if (Finish.IsNeeded)
            {
                Finish.Apply<TLanes>(Output, OC, 0, first, N, last - first);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Four(long n, long o)
    {
        var x = Input + n * C;
        var w0 = Weight + o * C;
        var w1 = w0 + C;
        var w2 = w1 + C;
        var w3 = w2 + C;
        TLanes s0 = TLanes.Zero, s1 = TLanes.Zero, s2 = TLanes.Zero, s3 = TLanes.Zero;
        var whole = C - C % TLanes.Count;
        for (long c = 0; c < whole; c += TLanes.Count)
        {
            var xc = TLanes.Load(x + c);
            s0 = TLanes.MultiplyAdd(TLanes.Load(w0 + c), xc, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Load(w1 + c), xc, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Load(w2 + c), xc, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Load(w3 + c), xc, s3);
        }

        var y = Output + n * OC + o;
        y[0] = s0.Sum() + Tail(x, w0, whole);
        y[1] = s1.Sum() + Tail(x, w1, whole);
        y[2] = s2.Sum() + Tail(x, w2, whole);
        y[3] = s3.Sum() + Tail(x, w3, whole);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Rest(long n, long first, long last)
    {
        var x = Input + n * C;
        var whole = C - C % TLanes.Count;
        for (var o = first; o < last; o++)
        {
            var w = Weight + o * C;
            var sum = TLanes.Zero;
            for (long c = 0; c < whole; c += TLanes.Count)
            {
                sum = TLanes.MultiplyAdd(TLanes.Load(w + c), TLanes.Load(x + c), sum);
            }

            Output[n * OC + o] = sum.Sum() + Tail(x, w, whole);
        }
    }

    private readonly float Tail(float* x, float* w, long begin)
    {
        float sum = 0;
        for (var c = begin; c < C; c++)
        {
            sum += x[c] * w[c];
        }

        return sum;
    }
}
