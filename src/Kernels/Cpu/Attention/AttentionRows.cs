using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>The work on single rows of scores, between the products.</summary>
internal static unsafe class AttentionRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>
    /// Turns scores 0 .. p into exp(score − maximum), in place; what follows up to <paramref name="end"/>
    /// becomes 0.
    /// </summary>
    /// <returns>The maximum and the sum of the exponentials.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Maximum, float Sum) Exponentials(float* row, int p, int end, float slope)
    {
        // The last vector is cut in registers: writing single floats and reading them back as a vector
        // stalls.
        var last = p / TSimd.Count * TSimd.Count;
        var left = p + 1 - last;
        if (slope != 0)
        {
            AddBias(row, p, last, slope);
        }

        var tail = TSimd.First(left, TSimd.Load(row + last), TSimd.Create(float.NegativeInfinity));
        var largest = tail;
        for (var j = 0; j < last; j += TSimd.Count)
        {
            largest = TSimd.Larger(TSimd.Load(row + j), largest);
        }

        var maximum = TSimd.Largest(largest);
        var shift = TSimd.Create(maximum);
        var sum = TSimd.First(left, Exp(TSimd.Subtract(tail, shift)), TSimd.Zero);
        TSimd.Store(row + last, sum);
        for (var j = 0; j < last; j += TSimd.Count)
        {
            var value = Exp(TSimd.Subtract(TSimd.Load(row + j), shift));
            TSimd.Store(row + j, value);
            sum = TSimd.Add(sum, value);
        }

        ClearFrom(row, last + TSimd.Count, end);
        return (maximum, TSimd.Sum(sum));
    }

    /// <summary>
    /// Turns scores 0 .. p into weights P = exp(score − logSumExp) and dP into dS = P (dP − delta), in place;
    /// what follows up to <paramref name="end"/> becomes 0 in both.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradients(float* row, float* dRow, int p, int end, float slope, float logSumExp, float delta)
    {
        var last = p / TSimd.Count * TSimd.Count;
        var left = p + 1 - last;
        if (slope != 0)
        {
            AddBias(row, p, last, slope);
        }

        var shift = TSimd.Create(logSumExp);
        var deltas = TSimd.Create(delta);
        for (var j = 0; j < last; j += TSimd.Count)
        {
            var weight = Exp(TSimd.Subtract(TSimd.Load(row + j), shift));
            TSimd.Store(row + j, weight);
            TSimd.Store(dRow + j, TSimd.Multiply(weight, TSimd.Subtract(TSimd.Load(dRow + j), deltas)));
        }

        var tail = Exp(TSimd.Subtract(TSimd.Load(row + last), shift));
        var dTail = TSimd.Multiply(tail, TSimd.Subtract(TSimd.Load(dRow + last), deltas));
        TSimd.Store(row + last, TSimd.First(left, tail, TSimd.Zero));
        TSimd.Store(dRow + last, TSimd.First(left, dTail, TSimd.Zero));
        ClearFrom(row, last + TSimd.Count, end);
        ClearFrom(dRow, last + TSimd.Count, end);
    }

    /// <summary>Σ a b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int count)
    {
        var sums = TSimd.Zero;
        var i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            sums = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), sums);
        }

        var sum = TSimd.Sum(sums);
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    /// <summary>target = factor · source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyScaled(float* target, float* source, float factor, int count)
    {
        var factors = TSimd.Create(factor);
        var i = 0;
        for (; i <= count - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(target + i, TSimd.Multiply(TSimd.Load(source + i), factors));
        }

        for (; i < count; i++)
        {
            target[i] = source[i] * factor;
        }
    }

    /// <summary>
    /// e^x for x up to 88, within 2 units in the last place; below −87.3 it stays at 1.2e-38, NaN stays NaN.
    /// x = n ln 2 + r with n rounded by adding 1.5·2²³, whose low bits then hold n + 127; polynomial of
    /// Cephes' expf.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Exp(TVector x)
    {
        const float Rounder = 12582912f + 127f;
        x = TSimd.AtLeast(x, TSimd.Create(-87.3f));
        var rounded = TSimd.MultiplyAdd(x, TSimd.Create(1.44269504f), TSimd.Create(Rounder));
        var n = TSimd.Subtract(rounded, TSimd.Create(Rounder));
        var r = TSimd.MultiplyAdd(n, TSimd.Create(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Create(2.12194440e-4f), r);
        var polynomial = TSimd.MultiplyAdd(TSimd.Create(1.9875691500e-4f), r, TSimd.Create(1.3981999507e-3f));
        polynomial = TSimd.MultiplyAdd(polynomial, r, TSimd.Create(8.3334519073e-3f));
        polynomial = TSimd.MultiplyAdd(polynomial, r, TSimd.Create(4.1665795894e-2f));
        polynomial = TSimd.MultiplyAdd(polynomial, r, TSimd.Create(1.6666665459e-1f));
        polynomial = TSimd.MultiplyAdd(polynomial, r, TSimd.Create(5.0000001201e-1f));
        polynomial = TSimd.MultiplyAdd(polynomial, TSimd.Multiply(r, r), TSimd.Add(r, TSimd.Create(1f)));
        return TSimd.Multiply(polynomial, TSimd.ShiftToExponent(rounded));
    }

    /// <summary>
    /// Adds −slope · (p − j) up to the vector at <paramref name="last"/>; the distance is exact.
    /// </summary>
    private static void AddBias(float* row, int p, int last, float slope)
    {
        var slopes = TSimd.Create(slope);
        for (var j = 0; j <= last; j += TSimd.Count)
        {
            var distance = TSimd.Add(TSimd.Sequence, TSimd.Create(j - p));
            TSimd.Store(row + j, TSimd.MultiplyAdd(slopes, distance, TSimd.Load(row + j)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ClearFrom(float* row, int start, int end)
    {
        if (start < end)
        {
            new Span<float>(row + start, end - start).Clear();
        }
    }
}
