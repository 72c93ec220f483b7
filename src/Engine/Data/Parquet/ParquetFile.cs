using System.Buffers.Binary;
using Inheritune.Engine.Data.Codecs;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>
/// One text column of a Parquet file. Opening reads and checks the footer; row groups are independent and can
/// be read by several threads.
/// </summary>
internal sealed class ParquetFile : IDisposable
{
    /// <summary>The largest footer or page.</summary>
    public const int SizeLimit = 256 << 20;

    private const int TailBytes = 8, SmallestFile = 12, EncryptionBytes = 28;
    private const int ByteArray = 6;

    private readonly string _path;
    private readonly List<ColumnChunk> _chunks = [];

    private ParquetFile(string path, SafeFileHandle handle)
    {
        _path = path;
        Handle = handle;
    }

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The column.</summary>
    public ParquetColumn Column { get; private set; } = null!;

    /// <summary>Row groups.</summary>
    public int GroupCount => _chunks.Count;

    /// <summary>Opens a file and finds a column.</summary>
    /// <exception cref="CorpusException">A check fails; the text names it.</exception>
    public static ParquetFile Open(string path, string column)
    {
        SafeFileHandle handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        var file = new ParquetFile(path, handle);
        try
        {
            file.ReadFooter(column);
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Bytes of the column in a row group.</summary>
    public long GroupBytes(int group) => _chunks[group].Size;

    /// <summary>Reads the values of a row group from the first on.</summary>
    public ChunkReader Group(int group) => new(this, group, _chunks[group]);

    /// <summary>A fault of this file.</summary>
    public CorpusException Fault(string reason, string what) => new(
        reason, $"Read text: {_path}: Parquet: {what}.");

    /// <summary>Reads a range of the file.</summary>
    /// <exception cref="CorpusException">The file ends before it.</exception>
    public void Read(Span<byte> destination, long position)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(Handle, destination, position);
            if (read == 0)
            {
                throw Fault("too-short", $"the file ends at byte {position}. It was cut off while it was read");
            }
            destination = destination[read..];
            position += read;
        }
    }

    public void Dispose() => Handle.Dispose();

    private void ReadFooter(string column)
    {
        long length = RandomAccess.GetLength(Handle);
        if (length < SmallestFile)
        {
            throw Fault("too-short", $"expected at least {SmallestFile} bytes, got {length}. The file is cut off");
        }
        Span<byte> tail = stackalloc byte[TailBytes], head = stackalloc byte[4];
        Read(tail, length - TailBytes);
        Read(head, 0);
        if (tail[4..].SequenceEqual("PARE"u8))
        {
            throw Fault("encrypted", "the footer is encrypted. Write the file without encryption");
        }
        if (!tail[4..].SequenceEqual("PAR1"u8) || !head.SequenceEqual("PAR1"u8))
        {
            throw Fault("magic", "expected PAR1 at both ends, got other bytes. The file is cut off or of another kind");
        }
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size == 0 || size > length - SmallestFile)
        {
            throw Fault(
                "footer-length", $"footer length: expected 1 to {length - SmallestFile}, got {size}. The file is damaged");
        }
        if (size > SizeLimit)
        {
            throw Fault("limit", $"footer: expected at most {SizeLimit >> 20} MiB, got {size >> 20}");
        }
        var footer = new byte[size];
        long start = length - TailBytes - size;
        Read(footer, start);
        FileMetadata metadata = Parse(footer);
        try
        {
            Column = ParquetSchema.Find(metadata.Schema, column);
        }
        catch (ParquetException fault)
        {
            throw Fault(fault.Reason, fault.Message);
        }
        CheckGroups(metadata, start);
    }

    private FileMetadata Parse(byte[] footer)
    {
        try
        {
            var reader = new ThriftReader(footer);
            FileMetadata metadata = ParquetFooter.Read(ref reader);
            int rest = metadata.HasEncryption ? EncryptionBytes : 0;
            return reader.Left == rest
                ? metadata
                : throw new ThriftException($"{reader.Left} bytes behind its structure where {rest} belong");
        }
        catch (ThriftException fault)
        {
            throw Fault("metadata", $"the footer is damaged: {fault.Message}");
        }
    }

    private void CheckGroups(FileMetadata metadata, long end)
    {
        Int128 rows = 0;
        for (int i = 0; i < metadata.Groups.Count; i++)
        {
            RowGroup group = metadata.Groups[i];
            if (group.Columns.Count != Column.LeafCount)
            {
                throw Fault(
                    "metadata", $"row group {i}: expected {Column.LeafCount} columns as in the schema, got "
                    + $"{group.Columns.Count}");
            }
            if (group.Columns.Find(column => column.FilePath is not null)?.FilePath is { } other)
            {
                throw Fault(
                    "external", $"row group {i}: the data are in another file, "
                    + $"\"{Documents.CorpusText.Shorten(other)}\", which is not read. Write them into one file");
            }
            ColumnChunk chunk = group.Columns[Column.Leaf];
            CheckChunk(i, chunk, group.RowCount, end);
            rows += group.RowCount;
            _chunks.Add(chunk);
        }
        if (rows != metadata.RowCount)
        {
            throw Fault("values-count", $"rows: expected {metadata.RowCount} as the footer says, got {rows}");
        }
    }

    private void CheckChunk(int group, ColumnChunk chunk, long rows, long end)
    {
        void Require(bool condition, string reason, string what)
        {
            if (!condition)
            {
                throw Fault(reason, $"row group {group}: {what}");
            }
        }

        Require(!chunk.IsEncrypted, "encrypted", "the column is encrypted. Write the file without encryption");
        Require(chunk.HasMetadata, "metadata", "the column has no metadata");
        Require(chunk.Type == ByteArray && chunk.Path == Column.Path, "metadata",
            "the column is another one than in the schema");
        Require(chunk.ValueCount == rows, "values-count", $"expected {rows} values, got {chunk.ValueCount}");
        if (rows == 0)
        {
            return;
        }
        Require(PageCodec.IsKnown(chunk.Codec), "codec",
            $"compression {PageCodec.Name(chunk.Codec)} is not read. Write the file with snappy, gzip or zstd");
        long start = Start(chunk);
        Require(chunk.DictionaryOffset >= 0 && start >= 4 && chunk.Size >= 0 && start <= end && chunk.Size <= end - start,
            "chunk-range", $"the column at byte {start} with {chunk.Size} bytes: expected inside 4..{end}");
    }

    /// <summary>First byte of a column: its dictionary, where it has one in front.</summary>
    public static long Start(ColumnChunk chunk) => chunk.DictionaryOffset == 0
        ? chunk.DataOffset
        : Math.Min(chunk.DataOffset, chunk.DictionaryOffset);
}
