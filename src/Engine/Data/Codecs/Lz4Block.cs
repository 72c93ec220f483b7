using System.Buffers.Binary;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>
/// LZ4 blocks: a token with the lengths of literals and match, the literals, a 16-bit offset; the block ends
/// after literals.
/// </summary>
internal static class Lz4Block
{
    /// <summary>The most a block can grow.</summary>
    public const int MaxRatio = 256;

    /// <summary>Unpacks a block into exactly <paramref name="output"/>.</summary>
    /// <exception cref="DecompressException">The block is damaged or of another size.</exception>
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (!TryDecompress(input, output, out string fault))
        {
            throw new DecompressException("LZ4: " + fault);
        }
    }

    /// <summary>
    /// Unpacks the old framing: blocks that begin with both sizes as big-endian u32; where that does not fit,
    /// one plain block.
    /// </summary>
    /// <exception cref="DecompressException">Neither fits.</exception>
    public static void DecompressFramed(ReadOnlySpan<byte> input, Span<byte> output)
    {
        if (!TryFramed(input, output))
        {
            Decompress(input, output);
        }
    }

    private static bool TryFramed(ReadOnlySpan<byte> input, Span<byte> output)
    {
        while (input.Length >= 8)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(input);
            uint packed = BinaryPrimitives.ReadUInt32BigEndian(input[4..]);
            if (size > (uint)output.Length || packed > (uint)(input.Length - 8)
                || !TryDecompress(input.Slice(8, (int)packed), output[..(int)size], out _))
            {
                return false;
            }
            input = input[(8 + (int)packed)..];
            output = output[(int)size..];
        }
        return input.IsEmpty && output.IsEmpty;
    }

    private static bool TryDecompress(ReadOnlySpan<byte> input, Span<byte> output, out string fault)
    {
        int at = 0, written = 0;
        while (at < input.Length)
        {
            int token = input[at++];
            long literals = Length(input, token >> 4, ref at);
            if (literals < 0 || literals > input.Length - at || literals > output.Length - written)
            {
                fault = "literal bytes reach beyond the block";
                return false;
            }
            input.Slice(at, (int)literals).CopyTo(output[written..]);
            at += (int)literals;
            written += (int)literals;
            if (at == input.Length)
            {
                fault = written == output.Length ? "" : "the block is of another size than its page says";
                return written == output.Length && (token & 15) == 0;
            }
            if (input.Length - at < 2)
            {
                fault = "an offset is cut off";
                return false;
            }
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(input[at..]);
            at += 2;
            long count = Length(input, token & 15, ref at) + 4;
            if (offset == 0 || offset > written || count < 4 || count > output.Length - written)
            {
                fault = "a copy reaches outside the output";
                return false;
            }
            BlockCopy.Repeat(output, written, offset, (int)count);
            written += (int)count;
        }
        fault = "the block ends without literals";
        return false;
    }

    /// <summary>A length of a token, with the bytes that continue it; below 0 where they are cut off.</summary>
    private static long Length(ReadOnlySpan<byte> input, int nibble, ref int at)
    {
        long length = nibble;
        if (nibble < 15)
        {
            return length;
        }
        while (at < input.Length)
        {
            byte more = input[at++];
            length += more;
            if (more < 255)
            {
                return length;
            }
        }
        return long.MinValue / 2;
    }
}
