using System.Buffers.Binary;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>
/// One raw snappy block: the size as a varint, then tags. The low two bits of a tag choose between literal
/// bytes and copies of earlier output with an offset of 11, 16 or 32 bits.
/// </summary>
internal static class SnappyBlock
{
    /// <summary>The most a block can grow.</summary>
    public const int MaxRatio = 22;

    /// <summary>Unpacks a block into exactly <paramref name="output"/>.</summary>
    /// <exception cref="DecompressException">The block is damaged or of another size.</exception>
    public static void Decompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int at = 0, written = 0;
        if (ReadSize(input, ref at) != output.Length)
        {
            throw new DecompressException("snappy: the block is of another size than its page says");
        }
        while (at < input.Length)
        {
            int tag = input[at++];
            if ((tag & 3) == 0)
            {
                int length = Literal(input, tag >> 2, ref at);
                if ((uint)length > (uint)(input.Length - at) || length > output.Length - written)
                {
                    throw new DecompressException("snappy: literal bytes reach beyond the block");
                }
                input.Slice(at, length).CopyTo(output[written..]);
                at += length;
                written += length;
                continue;
            }
            int bytes = (tag & 3) == 3 ? 4 : tag & 3;
            if (bytes > input.Length - at)
            {
                throw new DecompressException("snappy: a copy is cut off");
            }
            (int count, uint offset) = (tag & 3) switch
            {
                1 => (4 + ((tag >> 2) & 7), (uint)((tag >> 5) << 8) | input[at]),
                2 => (1 + (tag >> 2), BinaryPrimitives.ReadUInt16LittleEndian(input[at..])),
                _ => (1 + (tag >> 2), BinaryPrimitives.ReadUInt32LittleEndian(input[at..])),
            };
            at += bytes;
            if (offset == 0 || offset > (uint)written || count > output.Length - written)
            {
                throw new DecompressException("snappy: a copy reaches outside the output");
            }
            BlockCopy.Repeat(output, written, (int)offset, count);
            written += count;
        }
        if (written != output.Length)
        {
            throw new DecompressException("snappy: the block ends too early");
        }
    }

    private static long ReadSize(ReadOnlySpan<byte> input, ref int at)
    {
        long size = 0;
        for (int shift = 0; shift < 35 && at < input.Length; shift += 7)
        {
            byte value = input[at++];
            size |= (long)(value & 0x7F) << shift;
            if (value < 0x80)
            {
                return size;
            }
        }
        throw new DecompressException("snappy: the block has no size");
    }

    private static int Literal(ReadOnlySpan<byte> input, int length, ref int at)
    {
        if (length < 60)
        {
            return length + 1;
        }
        int bytes = length - 59;
        if (bytes > input.Length - at)
        {
            throw new DecompressException("snappy: a length is cut off");
        }
        uint value = 0;
        for (int i = 0; i < bytes; i++)
        {
            value |= (uint)input[at++] << (8 * i);
        }
        return value < int.MaxValue ? (int)value + 1 : -1;
    }
}
