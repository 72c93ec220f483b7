using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Layer or RMS normalisation of rows, with the residual add before it: r = x + d, y = (r − μ) · rstd · w + b. The row
/// stays in L1 between the three passes (sum, squares, output). RMS normalisation is the case μ = 0.
/// </summary>
internal unsafe struct NormForwardJob : ILaneJob
{
    public float* Output, Mean, Rstd, Residual, Input, Delta, Weight, Bias;
    public long C;
    public float Eps;
    public bool IsCentred;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var n = begin; n < end; n++)
        {
            Row<TLanes>(n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row<TLanes>(long n)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var x = Input + n * C;
        if (Delta != null)
        {
            var residual = Residual + n * C;
            AddRow<TLanes>(residual, x, Delta + n * C);
            x = residual;
        }

        var mean = IsCentred ? SumOf<TLanes>(x) / C : 0f;
        var rstd = 1f / MathF.Sqrt(SquaresAround<TLanes>(x, mean) / C + Eps);
        if (IsCentred)
        {
            Mean[n] = mean;
        }

        Rstd[n] = rstd;
        WriteRow<TLanes>(Output + n * C, x, mean, rstd);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void AddRow<TLanes>(float* sum, float* x, float* delta)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (long c = 0; c < C; c += TLanes.Count)
        {
            Lanes.Write(Lanes.Read<TLanes>(x + c, C - c) + Lanes.Read<TLanes>(delta + c, C - c), sum + c, C - c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly float SumOf<TLanes>(float* x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (even, odd) = (TLanes.Zero, TLanes.Zero);
        long c = 0;
        for (; c + 2 * TLanes.Count <= C; c += 2 * TLanes.Count)
        {
            even += TLanes.Load(x + c);
            odd += TLanes.Load(x + c + TLanes.Count);
        }

        for (; c < C; c += TLanes.Count)
        {
            even += Lanes.Read<TLanes>(x + c, C - c);
        }

        return (even + odd).Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly float SquaresAround<TLanes>(float* x, float mean)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (even, odd, centre) = (TLanes.Zero, TLanes.Zero, TLanes.Create(mean));
        long c = 0;
        for (; c + 2 * TLanes.Count <= C; c += 2 * TLanes.Count)
        {
            var (x0, x1) = (TLanes.Load(x + c) - centre, TLanes.Load(x + c + TLanes.Count) - centre);
            even = TLanes.MultiplyAdd(x0, x0, even);
            odd = TLanes.MultiplyAdd(x1, x1, odd);
        }

        for (; c < C; c += TLanes.Count)
        {
            var rest = Lanes.Read<TLanes>(x + c, C - c, mean) - centre;
            even = TLanes.MultiplyAdd(rest, rest, even);
        }

        return (even + odd).Sum();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void WriteRow<TLanes>(float* y, float* x, float mean, float rstd)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (centre, factor) = (TLanes.Create(mean), TLanes.Create(rstd));
        for (long c = 0; c < C; c += TLanes.Count)
        {
            var left = C - c;
            var value = (Lanes.Read<TLanes>(x + c, left) - centre) * factor;
            if (Weight != null)
            {
                value *= Lanes.Read<TLanes>(Weight + c, left);
            }

            if (Bias != null)
            {
                value += Lanes.Read<TLanes>(Bias + c, left);
            }

            Lanes.Write(value, y + c, left);
        }
    }
}
