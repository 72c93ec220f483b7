using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// Gradient of a normalisation, a block of rows at a time. With g = dy ∘ w and x̂ = (x − μ) rstd:
/// dx = rstd (g − mean(g) − x̂ mean(g ∘ x̂)), without mean(g) for RMS normalisation. Each block leaves its part of dw and
/// db in its own row of <see cref="Partial"/>; the caller adds the blocks up in their order. Blocks are a function of N
/// alone, so results do not depend on the number of threads.
/// </summary>
internal unsafe struct NormBackwardJob : ILaneJob
{
    public float* DInput, DOutput, Input, Mean, Rstd, Weight;

    /// <summary>(blocks, 2, C): dw, then db.</summary>
    public float* Partial;
    public long N, C, BlockRows;
    public bool IsCentred, AccumulateInput;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var block = begin; block < end; block++)
        {
            Block<TLanes>(block);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Block<TLanes>(long block)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var dWeight = Partial + block * 2 * C;
        new Span<float>(dWeight, checked((int)(2 * C))).Clear();
        var end = Math.Min((block + 1) * BlockRows, N);
        for (var n = block * BlockRows; n < end; n++)
        {
            Row<TLanes>(n, dWeight, dWeight + C);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Row<TLanes>(long n, float* dWeight, float* dBias)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var dx = DInput + n * C;
        var dy = DOutput + n * C;
        var x = Input + n * C;
        var mean = IsCentred ? Mean[n] : 0f;
        var (centre, rstd) = (TLanes.Create(mean), TLanes.Create(Rstd[n]));
        var (sum, product) = (TLanes.Zero, TLanes.Zero);
        long whole = 0;
        for (; whole + TLanes.Count <= C; whole += TLanes.Count)
        {
            // NOTE: no call inside this loop: with one, the accumulators live on the stack.
            var g = TLanes.Load(dy + whole);
            var normal = (TLanes.Load(x + whole) - centre) * rstd;
            TLanes.MultiplyAdd(g, normal, TLanes.Load(dWeight + whole)).Store(dWeight + whole);
            (g + TLanes.Load(dBias + whole)).Store(dBias + whole);
            if (Weight != null)
            {
                g *= TLanes.Load(Weight + whole);
            }

            sum += g;
            product = TLanes.MultiplyAdd(g, normal, product);
        }

        if (whole < C)
        {
            var left = C - whole;
            var g = Lanes.Read<TLanes>(dy + whole, left);
            var normal = (Lanes.Read<TLanes>(x + whole, left, mean) - centre) * rstd;
            var part = TLanes.MultiplyAdd(g, normal, Lanes.Read<TLanes>(dWeight + whole, left));
            Lanes.Write(part, dWeight + whole, left);
            Lanes.Write(g + Lanes.Read<TLanes>(dBias + whole, left), dBias + whole, left);
            if (Weight != null)
            {
                g *= Lanes.Read<TLanes>(Weight + whole, left);
            }

            sum += g;
            product = TLanes.MultiplyAdd(g, normal, product);
        }

        var meanOfGradient = TLanes.Create(IsCentred ? sum.Sum() / C : 0f);
        var meanOfProduct = TLanes.Create(product.Sum() / C);
        for (long c = 0; c < C; c += TLanes.Count)
        {
            var left = C - c;
            var g = Lanes.Read<TLanes>(dy + c, left);
            if (Weight != null)
            {
                g *= Lanes.Read<TLanes>(Weight + c, left);
            }

            var normal = (Lanes.Read<TLanes>(x + c, left) - centre) * rstd;
            var result = (g - meanOfGradient - normal * meanOfProduct) * rstd;
            if (AccumulateInput)
            {
                result += Lanes.Read<TLanes>(dx + c, left);
            }

            Lanes.Write(result, dx + c, left);
        }
    }
}
