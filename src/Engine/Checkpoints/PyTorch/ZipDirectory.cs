using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>
/// Names and places of the entries of a zip archive, zip64 included. All entries have to be stored as they
/// are, so that a few bytes of file never become many of memory.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint EndMagic = 0x06054B50, End64Magic = 0x06064B50, Locator64Magic = 0x07064B50;
    private const uint EntryMagic = 0x02014B50, LocalMagic = 0x04034B50;
    private const int EndBytes = 22, EntryBytes = 46, LocalBytes = 30, CommentLimit = 65535;
    private const long DirectoryLimit = 64 << 20;

    private readonly string _path;
    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly Dictionary<string, (long Header, long Size, uint Crc)> _entries =
        new(StringComparer.Ordinal);

    private ZipDirectory(string path, SafeFileHandle handle)
    {
        _path = path;
        _handle = handle;
        _length = RandomAccess.GetLength(handle);
    }

    /// <summary>The names in the archive.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Reads the directory of an archive.</summary>
    /// <exception cref="CheckpointException">It is damaged, or an entry is packed or encrypted.</exception>
    public static ZipDirectory Read(string path, SafeFileHandle handle)
    {
        var result = new ZipDirectory(path, handle);
        result.ReadEntries();
        return result;
    }

    /// <summary>Where the bytes of an entry lie.</summary>
    /// <exception cref="CheckpointException">There is no such entry, or it lies outside the file.</exception>
    public (long Position, long Size, uint Crc) Locate(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
        {
            throw Bad($"entry '{name}' is missing");
        }

        var header = Bytes(entry.Header, LocalBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalMagic)
        {
            throw Bad($"entry '{name}': no entry begins at byte {entry.Header}");
        }

        // NOTE: the extra field here differs from the one of the directory: it holds the padding.
        var position = entry.Header + LocalBytes + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26))
            + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        return entry.Size <= _length - position
            ? (position, entry.Size, entry.Crc)
            : throw Bad($"entry '{name}': {entry.Size} bytes at byte {position} reach beyond the file");
    }

    private void ReadEntries()
    {
        var (position, size, count) = FindDirectory();
        if (size > DirectoryLimit || position > _length - size || count > size / EntryBytes)
        {
            throw Bad(
                $"a directory of {count} entries in {size} bytes at byte {position}: expected inside the file "
                + $"and at most {DirectoryLimit} bytes");
        }

        var directory = Bytes(position, (int)size);
        var left = directory.AsSpan();
        for (long i = 0; i < count; i++)
        {
            if (left.Length < EntryBytes || BinaryPrimitives.ReadUInt32LittleEndian(left) != EntryMagic)
            {
                throw Bad($"directory entry {i} is damaged");
            }

            var length = EntryBytes + BinaryPrimitives.ReadUInt16LittleEndian(left[28..])
                + BinaryPrimitives.ReadUInt16LittleEndian(left[30..])
                + BinaryPrimitives.ReadUInt16LittleEndian(left[32..]);
            if (left.Length < length)
            {
                throw Bad($"directory entry {i} is cut off");
            }

            Add(left[..length]);
            left = left[length..];
        }
    }

    private void Add(ReadOnlySpan<byte> entry)
    {
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
        var name = Encoding.UTF8.GetString(entry.Slice(EntryBytes, nameLength));
        int flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        int method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        long size = BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]);
        long header = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]);
        Widen(name, entry.Slice(EntryBytes + nameLength, extraLength), ref size, ref packed, ref header);
        if (method != 0 || (flags & 1) != 0)
        {
            throw Bad(
                $"entry '{name}': expected it stored as it is (method 0), got "
                + $"{(method != 0 ? $"method {method}" : "an encrypted one")}. PyTorch does not write such files");
        }

        if (size != packed || size < 0 || header < 0 || header > _length - LocalBytes || size > _length)
        {
            throw Bad($"entry '{name}': {size} bytes at byte {header} (stored as {packed}) do not fit the file");
        }

        if (!_entries.TryAdd(name, (header, size, BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]))))
        {
            throw Bad($"entry '{name}' is there twice");
        }
    }

    /// <summary>Takes what does not fit into 32 bits from the zip64 field.</summary>
    private void Widen(string name, ReadOnlySpan<byte> extra, ref long size, ref long packed, ref long header)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
            {
                break;
            }

            if (id == 1)
            {
                var fields = extra.Slice(4, length);
                Take(name, ref fields, ref size);
                Take(name, ref fields, ref packed);
                Take(name, ref fields, ref header);
            }

            extra = extra[(4 + length)..];
        }
    }

    private void Take(string name, ref ReadOnlySpan<byte> fields, ref long value)
    {
        if (value != uint.MaxValue)
        {
            return;
        }

        if (fields.Length < 8)
        {
            throw Bad($"entry '{name}': its zip64 field is cut off");
        }

        value = BinaryPrimitives.ReadInt64LittleEndian(fields);
        fields = fields[8..];
    }

    private (long Position, long Size, long Count) FindDirectory()
    {
        var tailLength = (int)Math.Min(_length, EndBytes + CommentLimit);
        var tail = Bytes(_length - tailLength, tailLength);
        for (var at = tailLength - EndBytes; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndMagic
                || BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length - EndBytes)
            {
                continue;
            }

            long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            long size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            long position = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            return count == ushort.MaxValue || size == uint.MaxValue || position == uint.MaxValue
                ? FindDirectory64(_length - tailLength + at, (position, size, count))
                : (position, size, count);
        }

        throw Bad("its directory was not found. The file is cut off; get it again");
    }

    private (long Position, long Size, long Count) FindDirectory64(
        long end, (long Position, long Size, long Count) narrow)
    {
        if (end < 20)
        {
            return narrow;
        }

        var locator = Bytes(end - 20, 20);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Locator64Magic)
        {
            return narrow;
        }

        var at = BinaryPrimitives.ReadInt64LittleEndian(locator.AsSpan(8));
        if (at < 0 || at > _length - 56)
        {
            throw Bad($"its zip64 directory at byte {at} lies outside the file");
        }

        var wide = Bytes(at, 56);
        long count = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(32));
        long size = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(40));
        long position = BinaryPrimitives.ReadInt64LittleEndian(wide.AsSpan(48));
        return BinaryPrimitives.ReadUInt32LittleEndian(wide) == End64Magic && count >= 0 && size >= 0 && position >= 0
            ? (position, size, count)
            : throw Bad("its zip64 directory is damaged");
    }

    private byte[] Bytes(long position, int count)
    {
        var result = new byte[count];
        FileBytes.ReadExactly(_path, _handle, result, position);
        return result;
    }

    private CheckpointException Bad(string what) => new($"{_path}: zip: {what}.");
}
