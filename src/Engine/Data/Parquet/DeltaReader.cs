namespace Inheritune.Engine.Data.Parquet;

/// <summary>
/// Delta integers: block size, miniblocks, count and first value; then blocks of a smallest delta, a width
/// per miniblock, and the packed rest of each delta. Sums are modulo 2⁶⁴.
/// </summary>
internal sealed class DeltaReader
{
    private const int BlockLimit = 1 << 16;

    private readonly ArraySegment<byte> _bytes;
    private readonly int _miniSize;
    private readonly byte[] _widths;
    private readonly long _count;
    private int _at;
    private long _given;
    private long _value;
    private long _smallest;
    private int _mini;
    private int _inMini;
    private long _bit;

    /// <summary>Begins at the first byte.</summary>
    /// <exception cref="ParquetException">The header is damaged or promises another number of values.</exception>
    public DeltaReader(ArraySegment<byte> bytes, long expected)
    {
        _bytes = bytes;
        ulong block = Varint(), minis = Varint();
        if (block is 0 or > BlockLimit || block % 128 != 0 || minis is 0 || block % minis != 0
            || block / minis % 32 != 0)
        {
            throw Bad($"delta blocks of {block} values in {minis} parts");
        }
        ulong count = Varint();
        if (count != (ulong)expected)
        {
            throw new ParquetException("values-count", $"{count} delta values: expected {expected}");
        }
        _count = expected;
        _value = Signed();
        _miniSize = (int)(block / minis);
        _widths = new byte[minis];
        _mini = _widths.Length;
    }

    /// <summary>The next value.</summary>
    /// <exception cref="ParquetException">The data ends before it.</exception>
    public long Next()
    {
        if (_given++ == 0)
        {
            return _value;
        }
        if (_given > _count)
        {
            throw Bad("more values are read than there are");
        }
        if (_mini == _widths.Length && _inMini == 0)
        {
            BeginBlock();
        }
        int width = _widths[_mini];
        if (_inMini == 0)
        {
            BeginMini(width);
        }
        _value = unchecked(_value + _smallest + (long)Packed(width));
        if (++_inMini == _miniSize)
        {
            _inMini = 0;
            _mini++;
        }
        return _value;
    }

    /// <summary>Passes over all values and gives the first byte behind them.</summary>
    public int End()
    {
        // A block after the last value has no data, so reading each value once finds the end.
        for (long i = 0; i < _count; i++)
        {
            Next();
        }
        return _at;
    }

    private void BeginBlock()
    {
        _smallest = Signed();
        if (_widths.Length > _bytes.Count - _at)
        {
            throw Bad("delta widths end too early");
        }
        _bytes.Slice(_at, _widths.Length).CopyTo(_widths);
        _at += _widths.Length;
        _mini = 0;
    }

    private void BeginMini(int width)
    {
        long size = (long)width * _miniSize / 8;
        if (width > 64 || size > _bytes.Count - _at)
        {
            throw Bad($"a delta part of {_miniSize} values of {width} bits in {_bytes.Count - _at} bytes");
        }
        _bit = 8L * _at;
        _at += (int)size;
    }

    private ulong Packed(int width)
    {
        ulong result = 0;
        for (int done = 0; done < width;)
        {
            int shift = (int)(_bit & 7), taken = Math.Min(8 - shift, width - done);
            ulong piece = (ulong)(_bytes[(int)(_bit >> 3)] >> shift) & ((1UL << taken) - 1);
            result |= piece << done;
            done += taken;
            _bit += taken;
        }
        return result;
    }

    private long Signed()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        ulong result = 0;
        for (int shift = 0; shift < 70 && _at < _bytes.Count; shift += 7)
        {
            byte value = _bytes[_at++];
            result |= (ulong)(value & 0x7F) << shift;
            if (value < 0x80)
            {
                return result;
            }
        }
        throw Bad("a delta number is cut off");
    }

    private static ParquetException Bad(string what) => new("page-data", what);
}
