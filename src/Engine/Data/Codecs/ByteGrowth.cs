namespace Inheritune.Engine.Data.Codecs;

/// <summary>
/// Takes output of a declared size whose truth only the unpacking shows: memory grows with what comes, never
/// with what was promised.
/// </summary>
internal static class ByteGrowth
{
    private const int FirstBytes = 1 << 16;

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="DecompressException">It is not exactly of that size.</exception>
    public static byte[] ReadExactly(Stream stream, int size)
    {
        byte[] buffer = new byte[Math.Min(size, FirstBytes)];
        int count = 0;
        while (count < size)
        {
            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, Next(count, size));
            }
            int read = stream.Read(buffer.AsSpan(count));
            if (read == 0)
            {
                throw Wrong(size, $"{count}");
            }
            count += read;
        }
        Span<byte> more = stackalloc byte[1];
        return stream.Read(more) == 0 ? buffer : throw Wrong(size, "more");
    }

    /// <summary>The next size of a buffer that is full.</summary>
    public static int Next(int count, int size) => (int)Math.Min(size, Math.Max(FirstBytes, 2L * count));

    /// <summary>Another size than was declared.</summary>
    public static DecompressException Wrong(int size, string got) =>
        new($"expected {size} bytes once unpacked, got {got}");
}
