using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Checkpoints;

/// <summary>Conversion between f32 and the floating types of files, little-endian.</summary>
public static class FloatFormats
{
    /// <summary>Bytes of one element of "F64", "F32", "F16" or "BF16".</summary>
    /// <exception cref="CheckpointException">Another type.</exception>
    public static int SizeBytes(string dtype) => dtype switch
    {
        "F64" => 8,
        "F32" => 4,
        "F16" or "BF16" => 2,
        _ => throw new CheckpointException($"Element type: expected F64, F32, F16 or BF16, got {dtype}."),
    };

    /// <summary>Widens or narrows file bytes to f32.</summary>
    /// <param name="dtype">Type of <paramref name="source"/>.</param>
    /// <param name="source">Exactly one element per element of <paramref name="destination"/>.</param>
    /// <param name="destination">Overwritten.</param>
    public static void Decode(string dtype, ReadOnlySpan<byte> source, Span<float> destination)
    {
        source = source[..checked(destination.Length * SizeBytes(dtype))];
        switch (dtype)
        {
            case "F32":
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case "BF16":
                var words = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)words[i] << 16);
                }

                break;
            case "F16":
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }

                break;
            default:
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(source[(8 * i)..]);
                }

                break;
        }
    }

    /// <summary>
    /// Writes f32 as file bytes: nearest, ties to even; NaN stays NaN; F16 overflows to infinity.
    /// </summary>
    /// <param name="dtype">Type of <paramref name="destination"/>.</param>
    /// <param name="source">Values.</param>
    /// <param name="destination">
    /// Exactly one element per element of <paramref name="source"/>. Overwritten.
    /// </param>
    public static void Encode(string dtype, ReadOnlySpan<float> source, Span<byte> destination)
    {
        destination = destination[..checked(source.Length * SizeBytes(dtype))];
        switch (dtype)
        {
            case "F32":
                MemoryMarshal.AsBytes(source).CopyTo(destination);
                break;
            case "BF16":
                var words = MemoryMarshal.Cast<byte, ushort>(destination);
                for (var i = 0; i < source.Length; i++)
                {
                    words[i] = ToBFloat16(source[i]);
                }

                break;
            case "F16":
                var halves = MemoryMarshal.Cast<byte, Half>(destination);
                for (var i = 0; i < source.Length; i++)
                {
                    halves[i] = (Half)source[i];
                }

                break;
            default:
                for (var i = 0; i < source.Length; i++)
                {
                    BinaryPrimitives.WriteDoubleLittleEndian(destination[(8 * i)..], source[i]);
                }

                break;
        }
    }

    /// <summary>
    /// Upper half of <paramref name="value"/>, nearest, ties to even; NaN stays NaN with the quiet bit set.
    /// </summary>
    public static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value)
            ? (ushort)((bits >> 16) | 0x40)
            : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
