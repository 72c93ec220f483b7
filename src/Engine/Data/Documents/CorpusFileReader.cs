using Inheritune.Engine.Data.Parquet;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Opens a corpus file and reads its documents.</summary>
internal static class CorpusFileReader
{
    /// <summary>The largest document, in bytes of the file once unpacked.</summary>
    public const int DocumentLimit = 256 << 20;

    /// <summary>Text of a batch that is handed on at once.</summary>
    public const int BatchCharacters = 1 << 18;

    private static readonly (byte[] Magic, string Name)[] Packed =
    [
        ([0x1F, 0x8B], "gzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
        ("PAR1"u8.ToArray(), "Parquet"),
        ("PK\x03\x04"u8.ToArray(), "zip"),
        ("BZh"u8.ToArray(), "bzip2"),
    ];

    /// <summary>The documents of a file in order; null where a record says null.</summary>
    /// <exception cref="CorpusException">The file cannot be read.</exception>
    public static IEnumerable<string?> Read(
        CorpusFile file, CorpusOptions options, CorpusStatistics statistics)
    {
        if (file.Content == CorpusContent.Parquet)
        {
            return ReadGroups(file, options, 0, int.MaxValue);
        }
        return ReadStream(file, options, statistics);
    }

    /// <summary>The documents of some row groups of a Parquet file.</summary>
    public static IEnumerable<string?> ReadGroups(CorpusFile file, CorpusOptions options, int first, int end)
    {
        using ParquetFile parquet = OpenParquet(file, options);
        var batch = new List<string?>();
        for (int i = first; i < Math.Min(end, parquet.GroupCount); i++)
        {
            ChunkReader group = parquet.Group(i);
            while (group.TryRead(batch, BatchCharacters))
            {
                foreach (string? document in batch)
                {
                    yield return document;
                }
                batch.Clear();
            }
        }
    }

    /// <summary>Opens a Parquet file at the column of the options.</summary>
    public static ParquetFile OpenParquet(CorpusFile file, CorpusOptions options)
    {
        try
        {
            return ParquetFile.Open(file.Path, options.TextColumn);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Missing(file, fault);
        }
    }

    private static IEnumerable<string?> ReadStream(
        CorpusFile file, CorpusOptions options, CorpusStatistics statistics)
    {
        using Stream stream = Open(file);
        IEnumerable<string?> documents = file.Content == CorpusContent.Text
            ? TextFileReader.Read(stream, file.Path, options, statistics)
            : new JsonLinesReader(file.Path, options, statistics).Read(stream);
        foreach (string? document in documents)
        {
            yield return document;
        }
    }

    private static Stream Open(CorpusFile file)
    {
        try
        {
            var stream = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            if (file.Packing == CorpusPacking.Gzip)
            {
                return new GzipMemberStream(stream, file.Path);
            }
            if (file.Packing == CorpusPacking.Zstd)
            {
                return new ZstdTextStream(stream, file.Path);
            }
            Span<byte> start = stackalloc byte[4];
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            stream.Position = 0;
            foreach ((byte[] magic, string name) in Packed)
            {
                if (start.StartsWith(magic))
                {
                    stream.Dispose();
                    throw new CorpusException(
                        "kind",
                        $"Read text: {file.Path}: content: expected what its name says, got {name} data. "
                        + "Rename or unpack the file.");
                }
            }
            return stream;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Missing(file, fault);
        }
    }

    private static CorpusException Missing(CorpusFile file, Exception fault) => new(
        "missing", $"Read text: {file.Path}: cannot be opened. {fault.Message} Check the path.", fault);
}
