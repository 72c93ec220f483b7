using System.Buffers;
using System.IO.Compression;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>One brotli stream in memory.</summary>
internal static class BrotliBlock
{
    /// <summary>Unpacks a stream.</summary>
    /// <exception cref="DecompressException">It is damaged or not exactly of that size.</exception>
    public static ArraySegment<byte> Decompress(ReadOnlySpan<byte> input, int size)
    {
        var decoder = new BrotliDecoder();
        try
        {
            // The decoder wants room even where nothing comes.
            byte[] buffer = new byte[Math.Clamp(size, 1, 1 << 16)];
            int count = 0;
            while (true)
            {
                OperationStatus status =
                    decoder.Decompress(input, buffer.AsSpan(count), out int consumed, out int written);
                input = input[consumed..];
                count += written;
                switch (status)
                {
                    case OperationStatus.Done when count == size && input.IsEmpty:
                        return new ArraySegment<byte>(buffer, 0, size);
                    case OperationStatus.DestinationTooSmall when count < size:
                        Array.Resize(ref buffer, ByteGrowth.Next(count, size));
                        break;
                    case OperationStatus.DestinationTooSmall:
                        throw ByteGrowth.Wrong(size, "more");
                    case OperationStatus.Done:
                        throw ByteGrowth.Wrong(size, $"{count} and {input.Length} bytes after them");
                    default:
                        throw new DecompressException(
                            status == OperationStatus.NeedMoreData ? "brotli: the data is cut off"
                                : "brotli: damaged data");
                }
            }
        }
        finally
        {
            decoder.Dispose();
        }
    }
}
