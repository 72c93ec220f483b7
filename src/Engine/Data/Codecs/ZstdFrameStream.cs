using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Data.Codecs;

/// <summary>
/// Unpacks zstd frames, all of them, skippable ones too; what is cut off, empty or followed by other bytes
/// is an error.
/// </summary>
internal sealed class ZstdFrameStream : ReadOnlyStream
{
    private const uint FrameMagic = 0xFD2FB528, SkippableMagic = 0x184D2A50, SkippableMask = 0xFFFFFFF0;

    private readonly Stream _packed;
    private readonly ZstdLibrary _library = ZstdLibrary.Get();
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(1 << 16, pinned: true);
    private readonly byte[] _output = GC.AllocateUninitializedArray<byte>(1 << 16, pinned: true);
    private nint _context;
    private int _inputStart;
    private int _inputEnd;
    private int _outputStart;
    private int _outputEnd;
    private bool _isInFrame;
    private bool _isOutputFull;
    private bool _hasFrames;

    public ZstdFrameStream(Stream packed)
    {
        _packed = packed;
        _context = _library.Create();
    }

    /// <exception cref="DecompressException">The data is damaged or cut off.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (_outputStart == _outputEnd)
        {
            if (!Unpack())
            {
                return 0;
            }
        }
        int count = Math.Min(buffer.Length, _outputEnd - _outputStart);
        _output.AsSpan(_outputStart, count).CopyTo(buffer);
        _outputStart += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (_context != 0)
        {
            _library.Free(_context);
            _context = 0;
        }
        if (disposing)
        {
            _packed.Dispose();
        }
        base.Dispose(disposing);
    }

    private bool Unpack()
    {
        if (!_isInFrame && !BeginFrame())
        {
            return false;
        }
        // A full output may leave bytes inside the library that no further input is needed for.
        if (_inputStart == _inputEnd && !_isOutputFull && !Fill(1))
        {
            throw new DecompressException("zstd: the data ends inside a frame");
        }
        var input = new ZstdBuffer
        {
            Start = Marshal.UnsafeAddrOfPinnedArrayElement(_input, 0),
            Size = (nuint)_inputEnd,
            Position = (nuint)_inputStart,
        };
        var output = new ZstdBuffer
        {
            Start = Marshal.UnsafeAddrOfPinnedArrayElement(_output, 0),
            Size = (nuint)_output.Length,
        };
        _isInFrame = _library.Decompress(_context, ref output, ref input) != 0;
        _inputStart = (int)input.Position;
        (_outputStart, _outputEnd) = (0, (int)output.Position);
        _isOutputFull = _outputEnd == _output.Length;
        return true;
    }

    /// <summary>Looks at the four bytes between frames: libzstd may also know older formats.</summary>
    private bool BeginFrame()
    {
        if (!Fill(4))
        {
            bool isEmpty = _inputStart == _inputEnd;
            return isEmpty && _hasFrames
                ? false
                : throw new DecompressException(isEmpty ? "zstd: there is no frame" : "zstd: a frame is cut off");
        }
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(_input.AsSpan(_inputStart));
        if (magic != FrameMagic && (magic & SkippableMask) != SkippableMagic)
        {
            throw new DecompressException(
                _hasFrames ? "zstd: other bytes follow the last frame" : "zstd: this is no zstd data");
        }
        _hasFrames = _isInFrame = true;
        _isOutputFull = false;
        return true;
    }

    /// <summary>Has at least some bytes of input at hand, unless the data ends before.</summary>
    private bool Fill(int needed)
    {
        if (_inputEnd - _inputStart < needed)
        {
            _input.AsSpan(_inputStart, _inputEnd - _inputStart).CopyTo(_input);
            (_inputStart, _inputEnd) = (0, _inputEnd - _inputStart);
            _inputEnd += _packed.ReadAtLeast(
                _input.AsSpan(_inputEnd), needed - _inputEnd, throwOnEndOfStream: false);
        }
        return _inputEnd - _inputStart >= needed;
    }
}
