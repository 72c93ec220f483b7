using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = x.</summary>
internal readonly struct IdentityFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => TLanes.Create(1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => (Value(x), Derivative(x));
}

/// <summary>max(x, 0); derivative 0 at 0.</summary>
internal readonly struct ReluFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => TLanes.Max(TLanes.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> =>
        TLanes.SelectGreater(x, TLanes.Zero, TLanes.Create(1), TLanes.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => (Value(x), Derivative(x));
}

/// <summary>x σ(x).</summary>
internal readonly struct SiluFunction : IActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => x / (TLanes.Create(1) + Exponential.Of(TLanes.Zero - x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // σ + x σ (1 − σ)
        var (sigmoid, product) = Logistic.Of(x);
        return TLanes.MultiplyAdd(x, product, sigmoid);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var (sigmoid, product) = Logistic.Of(x);
        return (x * sigmoid, TLanes.MultiplyAdd(x, product, sigmoid));
    }
}

/// <summary>
/// ½x(1 + tanh u) with u = √(2/π)(x + 0.044715x³). As ½(1 + tanh u) = σ(2u), one exponential and one division do.
/// </summary>
internal readonly struct GeluTanhFunction : IActivation
{
    private const float Slope = 1.5957691216057308f; // 2 √(2/π)
    private const float Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var one = TLanes.Create(1);
        var inner = TLanes.MultiplyAdd(x * x, TLanes.Create(-Slope * Cubic), TLanes.Create(-Slope));
        return x / (one + Exponential.Of(x * inner));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // σ + x σ (1 − σ) (2u)', (2u)' = 2 √(2/π) (1 + 3 · 0.044715 x²)
        var square = x * x;
        var inner = TLanes.MultiplyAdd(square, TLanes.Create(Slope * Cubic), TLanes.Create(Slope));
        var (sigmoid, product) = Logistic.Of(x * inner);
        var slope = TLanes.MultiplyAdd(square, TLanes.Create(3 * Slope * Cubic), TLanes.Create(Slope));
        return TLanes.MultiplyAdd(x * product, slope, sigmoid);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => (Value(x), Derivative(x));
}

/// <summary>½x(1 + erf(x/√2)).</summary>
internal readonly struct GeluErfFunction : IActivation
{
    private const float RootHalf = 0.70710678118654752f;
    private const float Density = 0.3989422804014327f; // 1 / √(2π)

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Value<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var half = x * TLanes.Create(0.5f);
        return TLanes.MultiplyAdd(half, Erf(x * TLanes.Create(RootHalf)), half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Derivative<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        // Φ(x) + x φ(x)
        var half = TLanes.Create(0.5f);
        var cumulative = TLanes.MultiplyAdd(half, Erf(x * TLanes.Create(RootHalf)), half);
        var density = TLanes.Create(Density) * Exponential.Of(TLanes.Create(-0.5f) * x * x);
        return TLanes.MultiplyAdd(x, density, cumulative);
    }

    /// <summary>
    /// erf to about one unit in the last place: an odd polynomial near 0, 1 − exp(polynomial) beyond (minimax
    /// coefficients by N. Juffa, 2016).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Erf<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var t = TLanes.Abs(x);
        var s = x * x;
        var high = TLanes.MultiplyAdd(TLanes.Create(-1.72853470e-5f), t, TLanes.Create(3.83197126e-4f));
        var middle = TLanes.MultiplyAdd(TLanes.Create(-3.88396438e-3f), t, TLanes.Create(2.42546219e-2f));
        high = TLanes.MultiplyAdd(high, s, middle);
        high = TLanes.MultiplyAdd(high, t, TLanes.Create(-1.06777877e-1f));
        high = TLanes.MultiplyAdd(high, t, TLanes.Create(-6.34846687e-1f));
        high = TLanes.MultiplyAdd(high, t, TLanes.Create(-1.28717512e-1f));
        high = TLanes.MultiplyAdd(high, t, TLanes.Zero - t);

        // NOTE: beyond 4 the result is 1 to the last bit, and the polynomial would turn around.
        high = TLanes.CopySign(
            TLanes.SelectGreater(t, TLanes.Create(4), TLanes.Create(1), TLanes.Create(1) - Exponential.Of(high)), x);

        var low = TLanes.MultiplyAdd(TLanes.Create(-5.96761703e-4f), s, TLanes.Create(4.99119423e-3f));
        low = TLanes.MultiplyAdd(low, s, TLanes.Create(-2.67681349e-2f));
        low = TLanes.MultiplyAdd(low, s, TLanes.Create(1.12819925e-1f));
        low = TLanes.MultiplyAdd(low, s, TLanes.Create(-3.76125336e-1f));
        low = TLanes.MultiplyAdd(low, s, TLanes.Create(1.28379166e-1f));
        low = TLanes.MultiplyAdd(low, x, x);
        return TLanes.SelectGreater(t, TLanes.Create(0.927734375f), high, low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (TLanes Value, TLanes Derivative) Both<TLanes>(TLanes x)
        where TLanes : unmanaged, ILanes<TLanes> => (Value(x), Derivative(x));
}
