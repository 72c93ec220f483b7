using System.Buffers.Binary;
using System.IO.Compression;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Unpacks gzip, all members, and checks what the library's own stream lets pass: truncation anywhere, the
/// checksum and length of every member, and bytes after the last one.
/// </summary>
internal sealed class GzipMemberStream : Stream
{
    private readonly Stream _packed;
    private readonly string _path;
    private DeflateStream? _member;
    private uint _crc;
    private uint _length;
    private bool _hasMembers;

    public GzipMemberStream(Stream packed, string path)
    {
        _packed = packed;
        _path = path;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            if (_member is null && !BeginMember())
            {
                break;
            }
            int count = ReadMember(buffer);
            if (count > 0)
            {
                _crc = Crc32.Append(_crc, buffer[..count]);
                _length += (uint)count;
                return count;
            }
            EndMember();
        }
        return 0;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _member?.Dispose();
            _packed.Dispose();
        }
        base.Dispose(disposing);
    }

    private int ReadMember(Span<byte> buffer)
    {
        try
        {
            return _member!.Read(buffer);
        }
        catch (InvalidDataException fault)
        {
            throw Damaged($"damaged data ({fault.Message})");
        }
    }

    private bool BeginMember()
    {
        int first = _packed.ReadByte();
        if (first < 0 && _hasMembers)
        {
            return false;
        }
        if (first != 0x1F || _packed.ReadByte() != 0x8B)
        {
            string got = first < 0 ? "an empty file" : "no gzip data";
            throw Damaged(_hasMembers ? "other bytes after the last member" : got);
        }
        Span<byte> header = stackalloc byte[8];
        ReadExactly(header);
        int flags = header[1];
        if (header[0] != 8 || (flags & 0xE0) != 0)
        {
            throw Damaged("a method other than deflate");
        }
        SkipOptionalFields(flags);
        _hasMembers = true;
        _crc = 0;
        _length = 0;
        _member = new DeflateStream(new ByteFeed(_packed), CompressionMode.Decompress);
        return true;
    }

    private void SkipOptionalFields(int flags)
    {
        Span<byte> two = stackalloc byte[2];
        if ((flags & 4) != 0)
        {
            ReadExactly(two);
            for (int left = BinaryPrimitives.ReadUInt16LittleEndian(two); left > 0; left--)
            {
                NextByte();
            }
        }
        for (int texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0; texts--)
        {
            while (NextByte() != 0)
            {
            }
        }
        if ((flags & 2) != 0)
        {
            ReadExactly(two);
        }
    }

    private void EndMember()
    {
        _member!.Dispose();
        _member = null;
        Span<byte> trailer = stackalloc byte[8];
        ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != _crc
            || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != _length)
        {
            throw Damaged("a checksum or length that does not fit the data");
        }
    }

    private byte NextByte()
    {
        int value = _packed.ReadByte();
        return value >= 0 ? (byte)value : throw Damaged("a file that ends too early");
    }

    private new void ReadExactly(Span<byte> destination)
    {
        int count = _packed.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        if (count < destination.Length)
        {
            throw Damaged("a file that ends too early");
        }
    }

    private CorpusException Damaged(string got) => new(
        "decompress",
        $"Read text: {_path}: gzip: expected whole, intact members, got {got}. The file is damaged "
        + $"or was cut off. "
        + "Get it again.");

    /// <summary>
    /// Hands out one byte per read. NOTE: the inflater keeps what it was given beyond the end of its data, so
    /// only this way is the place of the trailer known.
    /// </summary>
    private sealed class ByteFeed(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            inner.Read(buffer, offset, Math.Min(count, 1));

        public override int Read(Span<byte> buffer) => inner.Read(buffer[..Math.Min(buffer.Length, 1)]);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
