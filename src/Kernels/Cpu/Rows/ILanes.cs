namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>
/// A vector of f32 as wide as the hardware allows, so that a kernel is written once: its type argument is a struct, and
/// the compiler makes plain vector instructions of it.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Number of lanes.</summary>
    static abstract int Count { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    static abstract TSelf Load(float* source);

    /// <summary>Widens bf16 values.</summary>
    static abstract TSelf LoadBf16(ushort* source);

    static abstract TSelf Create(float value);

    /// <summary>x · y + z with one rounding.</summary>
    static abstract TSelf MultiplyAdd(TSelf x, TSelf y, TSelf z);

    /// <summary>The larger one; <paramref name="y"/> where it is NaN.</summary>
    static abstract TSelf Max(TSelf x, TSelf y);

    static abstract TSelf Sqrt(TSelf x);

    static abstract TSelf Abs(TSelf x);

    static abstract TSelf CopySign(TSelf x, TSelf sign);

    /// <summary>The smaller one; <paramref name="y"/> where it is NaN.</summary>
    static abstract TSelf Min(TSelf x, TSelf y);

    /// <summary>To the nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf x);

    /// <summary>x · 2ⁿ with one rounding, for integers n in −300..300; overflow gives infinity.</summary>
    static abstract TSelf ScaleByPowerOfTwo(TSelf x, TSelf n);

    /// <summary>x &gt; y ? a : b, lane by lane.</summary>
    static abstract TSelf SelectGreater(TSelf x, TSelf y, TSelf a, TSelf b);

    void Store(float* destination);

    /// <summary>Rounds to bf16: to nearest, ties to even; NaN stays NaN.</summary>
    void StoreBf16(ushort* destination);

    float Sum();

    float Largest();

    /// <summary>Σ x, each lane widened to f64 first.</summary>
    double SumDouble();

    /// <summary>Σ x of whole vectors in f64.</summary>
    static abstract double SumDouble(float* source, long vectors);

    /// <summary>Σ x² of whole vectors in f64.</summary>
    static abstract double SumSquaresDouble(float* source, long vectors);
}
