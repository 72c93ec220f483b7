using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Softmax cross-entropy of rows: largest logit, then e = exp(z − largest) and its sum (in f64 over blocks of
/// <see cref="BlockSize"/>), then the gradient scale · (e / sum − [v = target]). A row of 50257 stays in L2 between passes;
/// the exponentials are kept in place, so each is computed once.
/// </summary>
internal unsafe struct CrossEntropyJob : ILaneJob
{
    private const int BlockSize = 2048;

    public float* Losses, Logits;
    public int* Targets;

    /// <summary>Row length, and the first columns of it that count.</summary>
    public long Columns, V;
    public float Scale;
    public bool Gradient;

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
        var z = Logits + n * Columns;
        var target = Targets[n];
        if (target == Ops.IgnoredTarget)
        {
            Losses[n] = 0;
            if (Gradient)
            {
                new Span<float>(z, checked((int)Columns)).Clear();
            }

            return;
        }

        var (targetLogit, largest) = (z[target], Largest<TLanes>(z));
        var sum = Gradient ? Exponentials<TLanes>(z, largest) : SumOfExponentials<TLanes>(z, largest);
        Losses[n] = (float)(Math.Log(sum) + ((double)largest - targetLogit));
        if (Gradient)
        {
            Multiply<TLanes>(z, (float)(Scale / sum));
            z[target] -= Scale;
            new Span<float>(z + V, checked((int)(Columns - V))).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly float Largest<TLanes>(float* z)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (m0, m1, m2, m3) = (TLanes.Create(z[0]), TLanes.Create(z[0]), TLanes.Create(z[0]), TLanes.Create(z[0]));
        long v = 0;
        for (; v + 4 * TLanes.Count <= V; v += 4 * TLanes.Count)
        {
            m0 = TLanes.Max(m0, TLanes.Load(z + v));
            m1 = TLanes.Max(m1, TLanes.Load(z + v + TLanes.Count));
            m2 = TLanes.Max(m2, TLanes.Load(z + v + 2 * TLanes.Count));
            m3 = TLanes.Max(m3, TLanes.Load(z + v + 3 * TLanes.Count));
        }

        for (; v < V; v += TLanes.Count)
        {
            m0 = TLanes.Max(m0, Lanes.Read<TLanes>(z + v, V - v, z[0]));
        }

        return TLanes.Max(TLanes.Max(m0, m1), TLanes.Max(m2, m3)).Largest();
    }

    // NOTE: no call inside the loops below: with one, the accumulators live on the stack.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly double SumOfExponentials<TLanes>(float* z, float largest)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var shift = TLanes.Create(largest);
        var whole = V - V % TLanes.Count;
        double total = 0;
        for (long start = 0; start < whole; start += BlockSize)
        {
            var end = Math.Min(start + BlockSize, whole);
            var sum = TLanes.Zero;
            for (var v = start; v < end; v += TLanes.Count)
            {
                sum += Exponential.Of(TLanes.Load(z + v) - shift);
            }

            total += sum.SumDouble();
        }

        return whole == V ? total : total + Exponential.Of(
            Lanes.Read<TLanes>(z + whole, V - whole, float.NegativeInfinity) - shift).SumDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly double Exponentials<TLanes>(float* z, float largest)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var shift = TLanes.Create(largest);
        var whole = V - V % TLanes.Count;
        double total = 0;
        for (long start = 0; start < whole; start += BlockSize)
        {
            var end = Math.Min(start + BlockSize, whole);
            var sum = TLanes.Zero;
            for (var v = start; v < end; v += TLanes.Count)
            {
                var e = Exponential.Of(TLanes.Load(z + v) - shift);
                e.Store(z + v);
                sum += e;
            }

            total += sum.SumDouble();
        }

        if (whole < V)
        {
            var rest = Exponential.Of(Lanes.Read<TLanes>(z + whole, V - whole, float.NegativeInfinity) - shift);
            Lanes.Write(rest, z + whole, V - whole);
            total += rest.SumDouble();
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private readonly void Multiply<TLanes>(float* z, float factor)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var f = TLanes.Create(factor);
        long v = 0;
        for (; v + TLanes.Count <= V; v += TLanes.Count)
        {
            (f * TLanes.Load(z + v)).Store(z + v);
        }

        if (v < V)
        {
            Lanes.Write(f * Lanes.Read<TLanes>(z + v, V - v), z + v, V - v);
        }
    }
}
