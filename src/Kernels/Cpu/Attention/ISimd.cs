namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// The vector operations that the attention kernels need, so that one source serves 512, 256 and 128 bits.
/// Implementations are static and inlined; a kernel is compiled once for each width it is used with.
/// </summary>
internal unsafe interface ISimd<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Rows of a register tile of two vectors: 8 with 32 registers, 4 with 16.</summary>
    static abstract int TileRows { get; }

    static abstract TVector Zero { get; }

    /// <summary>0, 1, 2, …</summary>
    static abstract TVector Sequence { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* source);

    static abstract void Store(float* target, TVector value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>left · right + addend, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The larger of the two; what a NaN gives depends on the processor.</summary>
    static abstract TVector Larger(TVector left, TVector right);

    /// <summary>
    /// At least <paramref name="low"/>; a NaN value stays NaN (x86 returns the second operand, Arm the NaN).
    /// </summary>
    static abstract TVector AtLeast(TVector value, TVector low);

    /// <summary>
    /// The first <paramref name="count"/> elements of <paramref name="value"/>, then those of
    /// <paramref name="other"/>.
    /// </summary>
    static abstract TVector First(int count, TVector value, TVector other);

    /// <summary>
    /// The bits of each element, shifted left by 23: moves a small integer into the exponent.
    /// </summary>
    static abstract TVector ShiftToExponent(TVector value);

    /// <summary>The largest element, by <see cref="Larger"/>.</summary>
    static abstract float Largest(TVector value);

    /// <summary>Sum of the elements, always in the same order.</summary>
    static abstract float Sum(TVector value);
}
