using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>The logistic function σ.</summary>
internal static class Logistic
{
    /// <summary>
    /// σ(x) and σ(x)(1 − σ(x)), both from t = exp(−|x|) ≤ 1: nothing overflows, and the product does not cancel where σ is
    /// near 1 (1 − σ in f32 put an error of 1e-6 into the derivative of GELU).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Sigmoid, TLanes Product) Of<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var one = TLanes.Create(1);
        var t = Exponential.Of(TLanes.Zero - TLanes.Abs(x));
        var larger = one / (one + t);
        var smaller = t * larger;
        return (TLanes.SelectGreater(x, TLanes.Zero, larger, smaller), larger * smaller);
    }
}
