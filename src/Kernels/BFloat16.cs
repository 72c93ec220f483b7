namespace Inheritune.Kernels;

/// <summary>bf16, the upper half of a binary32, on the host.</summary>
internal static class BFloat16
{
    /// <summary>Nearest, ties to even; NaN stays NaN, quiet.</summary>
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)(bits >> 16 | 0x40)
            : (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    /// <summary>Rounds each of <paramref name="source"/> into the first elements of the destination.</summary>
    public static void Narrow(Span<ushort> destination, ReadOnlySpan<float> source)
    {
        destination = destination[..source.Length];
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = Round(source[i]);
        }
    }

    /// <summary>Widens as many elements as the destination has.</summary>
    public static void Widen(Span<float> destination, ReadOnlySpan<ushort> source)
    {
        source = source[..destination.Length];
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
        }
    }
}
