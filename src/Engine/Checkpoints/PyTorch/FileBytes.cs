using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>A part of a file, read forward through a small buffer; nothing beyond its end is ever seen.</summary>
internal sealed class FileBytes(string path, SafeFileHandle handle, long start, long end)
{
    private readonly byte[] _buffer = new byte[1 << 14];
    private long _bufferStart = start;
    private int _bufferCount;
    private int _used;

    /// <summary>Where the file lies.</summary>
    public string Path => path;

    /// <summary>Byte of the file that comes next.</summary>
    public long Position => _bufferStart + _used;

    /// <summary>Bytes left.</summary>
    public long Left => end - Position;

    /// <summary>The next byte.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public byte ReadByte()
    {
        if (_used == _bufferCount)
        {
            Refill(1);
        }

        return _buffer[_used++];
    }

    /// <summary>The next bytes, at most a few kilobytes; they live until the next call.</summary>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_bufferCount - _used < count)
        {
            Refill(count);
        }

        _used += count;
        return _buffer.AsSpan(_used - count, count);
    }

    /// <summary>A piece of any length, which must be there.</summary>
    public byte[] ReadArray(int count)
    {
        if (count > Left)
        {
            throw Short(count);
        }

        var result = new byte[count];
        ReadExactly(path, handle, result, Position);
        _bufferStart = Position + count;
        _bufferCount = _used = 0;
        return result;
    }

    /// <summary>A little-endian i32.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Read(4));

    /// <summary>A little-endian i64.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Read(8));

    /// <summary>Reads a range of a file.</summary>
    /// <exception cref="CheckpointException">The file ends before it.</exception>
    public static void ReadExactly(string path, SafeFileHandle handle, Span<byte> destination, long position)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
            {
                throw new CheckpointException(
                    $"{path}: the file ends at byte {position}: it was cut off. Get it again.");
            }

            destination = destination[read..];
            position += read;
        }
    }

    private void Refill(int needed)
    {
        if (needed > Left || needed > _buffer.Length)
        {
            throw Short(needed);
        }

        var position = Position;
        var count = (int)Math.Min(_buffer.Length, end - position);
        ReadExactly(path, handle, _buffer.AsSpan(0, count), position);
        _bufferStart = position;
        _bufferCount = count;
        _used = 0;
    }

    private CheckpointException Short(int needed) => new(
        $"{path}: byte {Position}: expected {needed} more bytes, got {Left}. The file is cut off or damaged.");
}
