using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>eˣ for vectors.</summary>
internal static class Exponential
{
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts; the high one has so few bits that n · high is exact.
    private const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f;

    /// <summary>
    /// eˣ = 2ⁿ eʳ with n = round(x / ln 2), |r| ≤ ½ ln 2, and a polynomial for eʳ (S. Moshier, Cephes expf): within two units
    /// in the last place. 0 below −104, infinity above 89, NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // NOTE: the order of the operands hands a NaN on.
        x = TLanes.Min(TLanes.Create(89f), TLanes.Max(TLanes.Create(-104f), x));
        var n = TLanes.Round(x * TLanes.Create(Log2E));
        var r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2Low), r);
        var p = TLanes.MultiplyAdd(TLanes.Create(1.9875691500e-4f), r, TLanes.Create(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(5.0000001201e-1f));
        p = TLanes.MultiplyAdd(p, r * r, r + TLanes.Create(1));
        return TLanes.ScaleByPowerOfTwo(p, n);
    }
}
