using System.Buffers.Binary;
using System.IO.Compression;
using Inheritune.Engine.Data.Codecs;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Unpacks gzip, all members, and checks what the library's own stream lets pass: truncation anywhere, the
/// checksum and length of every member, and bytes after the last one.
/// </summary>
internal sealed class GzipMemberStream : ReadOnlyStream
{
    private const int TrailerBytes = 8, HeaderStartBytes = 4;

    private readonly Stream _packed;
    private readonly string _path;
    private readonly byte[] _input = new byte[1 << 16];
    private int _start;
    private int _end;
    private int _lastPiece;
    private DeflateStream? _member;
    private uint _crc;
    private uint _length;
    private bool _hasMembers;

    public GzipMemberStream(Stream packed, string path)
    {
        _packed = packed;
        _path = path;
    }

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
        if (!Fill(1) && _hasMembers)
        {
            return false;
        }
        if (!Fill(2) || _input[_start] != 0x1F || _input[_start + 1] != 0x8B)
        {
            throw Damaged(_start == _end ? "an empty file" : "no gzip data");
        }
        _start += 2;
        int method = NextByte(), flags = NextByte();
        if (method != 8 || (flags & 0xE0) != 0)
        {
            throw Damaged("a method other than deflate");
        }
        Skip(6);
        if ((flags & 4) != 0)
        {
            Skip(NextByte() | (NextByte() << 8));
        }
        for (int texts = ((flags >> 3) & 1) + ((flags >> 4) & 1); texts > 0; texts--)
        {
            while (NextByte() != 0)
            {
            }
        }
        Skip(flags & 2);
        _hasMembers = true;
        _crc = 0;
        _length = 0;
        _lastPiece = _start;
        _member = new DeflateStream(new Feed(this), CompressionMode.Decompress);
        return true;
    }

    /// <summary>
    /// Finds the trailer. NOTE: the inflater does not say where its data ended, only that it did within the
    /// last piece it was given. The eight bytes of checksum and length stand there, and behind them the end
    /// of the file or another member.
    /// </summary>
    private void EndMember()
    {
        _member!.Dispose();
        _member = null;
        int taken = _start - _lastPiece;
        _start = _lastPiece;
        Fill(taken + TrailerBytes + HeaderStartBytes);
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc);
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);
        for (int at = _start + 1; at <= Math.Min(_start + taken, _end - TrailerBytes); at++)
        {
            if (_input.AsSpan(at, TrailerBytes).SequenceEqual(trailer) && IsMemberOrEnd(at + TrailerBytes))
            {
                _start = at + TrailerBytes;
                return;
            }
        }
        throw Damaged("a checksum or length that does not fit the data, a file that ends too early, or other "
            + "bytes behind it");
    }

    private bool IsMemberOrEnd(int at) => at == _end || (_end - at >= HeaderStartBytes && _input[at] == 0x1F
        && _input[at + 1] == 0x8B && _input[at + 2] == 8 && (_input[at + 3] & 0xE0) == 0);

    private byte NextByte() => Fill(1) ? _input[_start++] : throw Damaged("a file that ends too early");

    private void Skip(int count)
    {
        for (; count > 0; count--)
        {
            NextByte();
        }
    }

    /// <summary>Has at least some bytes at hand, unless the file ends before.</summary>
    private bool Fill(int needed)
    {
        if (_end - _start < needed)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            (_start, _end) = (0, _end - _start);
            _end += _packed.ReadAtLeast(_input.AsSpan(_end), needed - _end, throwOnEndOfStream: false);
        }
        return _end - _start >= needed;
    }

    private CorpusException Damaged(string got) => new(
        "decompress",
        $"Read text: {_path}: gzip: expected whole, intact members, got {got}. The file is damaged "
        + $"or was cut off. "
        + "Get it again.");

    /// <summary>Gives the inflater its input in pieces and keeps the last one.</summary>
    private sealed class Feed(GzipMemberStream owner) : ReadOnlyStream
    {
        private const int PieceBytes = 8192;

        // An empty member ends in zeros, its trailer is zeros: single bytes at the beginning tell them apart.
        private int _singleBytes = 64;

        public override int Read(Span<byte> buffer)
        {
            owner.Fill(1);
            int piece = _singleBytes-- > 0 ? 1 : PieceBytes;
            int count = Math.Min(Math.Min(buffer.Length, piece), owner._end - owner._start);
            owner._input.AsSpan(owner._start, count).CopyTo(buffer);
            owner._lastPiece = owner._start;
            owner._start += count;
            return count;
        }
    }
}
