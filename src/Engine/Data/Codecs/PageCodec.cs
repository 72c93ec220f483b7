using Inheritune.Engine.Data.Documents;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>The compressions of Parquet pages by their number in the file.</summary>
internal static class PageCodec
{
    private const int GzipMaxRatio = 1033;

    private static readonly string[] Names =
        ["none", "snappy", "gzip", "LZO", "brotli", "LZ4", "zstd", "LZ4_RAW"];

    /// <summary>Name of a codec, for messages.</summary>
    public static string Name(int codec) =>
        (uint)codec < (uint)Names.Length ? Names[codec] : $"number {codec}";

    /// <summary>Whether pages of this codec can be read.</summary>
    public static bool IsKnown(int codec) => codec is >= 0 and <= 7 and not 3;

    /// <summary>Unpacks a page into exactly its declared size; no codec gives the input itself.</summary>
    /// <exception cref="DecompressException">The page is damaged or of another size.</exception>
    public static ArraySegment<byte> Decompress(int codec, ArraySegment<byte> input, int size)
    {
        switch (codec)
        {
            case 0:
                return input.Count == size ? input : throw ByteGrowth.Wrong(size, $"{input.Count}");
            case 1:
                byte[] snappy = Allocate(input, size, SnappyBlock.MaxRatio);
                SnappyBlock.Decompress(input, snappy);
                return snappy;
            case 2:
                Require(input, size, GzipMaxRatio);
                using (var gzip = new GzipMemberStream(Stream(input), "page"))
                {
                    return ReadGzip(gzip, size);
                }
            case 4:
                return BrotliBlock.Decompress(input, size);
            case 5:
                byte[] framed = Allocate(input, size, Lz4Block.MaxRatio);
                Lz4Block.DecompressFramed(input, framed);
                return framed;
            case 6:
                using (var zstd = new ZstdFrameStream(Stream(input)))
                {
                    return ByteGrowth.ReadExactly(zstd, size);
                }
            default:
                byte[] raw = Allocate(input, size, Lz4Block.MaxRatio);
                Lz4Block.Decompress(input, raw);
                return raw;
        }
    }

    private static byte[] ReadGzip(GzipMemberStream gzip, int size)
    {
        try
        {
            return ByteGrowth.ReadExactly(gzip, size);
        }
        catch (CorpusException fault)
        {
            throw new DecompressException(fault.Message);
        }
    }

    private static MemoryStream Stream(ArraySegment<byte> input) =>
        new(input.Array!, input.Offset, input.Count, writable: false);

    private static byte[] Allocate(ArraySegment<byte> input, int size, int maxRatio)
    {
        Require(input, size, maxRatio);
        return GC.AllocateUninitializedArray<byte>(size);
    }

    private static void Require(ArraySegment<byte> input, int size, int maxRatio)
    {
        if (size > (long)input.Count * maxRatio)
        {
            throw new DecompressException(
                $"{size} bytes declared from {input.Count}: expected at most {maxRatio} times as many");
        }
    }
}
