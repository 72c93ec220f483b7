namespace Inheritune.Engine.Data.Parquet;

/// <summary>
/// Levels and dictionary indexes: runs of one repeated value and runs of bit-packed groups of eight, packed
/// from the lowest bit of the first byte upward.
/// </summary>
internal sealed class RunReader(ArraySegment<byte> bytes, int width)
{
    private int _at;
    private ulong _left;
    private bool _isPacked;
    private uint _value;
    private long _bit;

    /// <summary>The next value.</summary>
    /// <exception cref="ParquetException">The runs end before it.</exception>
    public uint Next()
    {
        while (_left == 0)
        {
            BeginRun();
        }
        _left--;
        return _isPacked ? NextPacked() : _value;
    }

    /// <summary>Reads values and counts those that equal the largest allowed; none may be above it.</summary>
    public long Count(long count, uint largest)
    {
        long equal = 0;
        while (count > 0)
        {
            while (_left == 0)
            {
                BeginRun();
            }
            if (_isPacked)
            {
                _left--;
                count--;
                equal += Checked(NextPacked(), largest) == largest ? 1 : 0;
                continue;
            }
            long taken = (long)Math.Min(_left, (ulong)count);
            _left -= (ulong)taken;
            count -= taken;
            equal += Checked(_value, largest) == largest ? taken : 0;
        }
        return equal;
    }

    private static uint Checked(uint value, uint largest) => value <= largest
        ? value
        : throw new ParquetException("page-data", $"a level of {value}: expected at most {largest}");

    private void BeginRun()
    {
        ulong header = 0;
        for (int shift = 0; ; shift += 7)
        {
            if (_at == bytes.Count || shift > 63)
            {
                throw TooShort();
            }
            byte value = bytes[_at++];
            header |= (ulong)(value & 0x7F) << shift;
            if (value < 0x80)
            {
                break;
            }
        }
        _isPacked = (header & 1) != 0;
        if (_isPacked)
        {
            // The bytes of the run are passed over now; only those that are there can be read.
            _left = Math.Min(header >> 1, int.MaxValue) * 8;
            _bit = 8L * _at;
            _at = (int)Math.Min(bytes.Count, _at + (long)(_left / 8) * width);
            return;
        }
        _left = header >> 1;
        _value = 0;
        int size = (width + 7) / 8;
        if (size > bytes.Count - _at)
        {
            throw TooShort();
        }
        for (int i = 0; i < size; i++)
        {
            _value |= (uint)bytes[_at++] << (8 * i);
        }
    }

    private uint NextPacked()
    {
        if (_bit + width > 8L * bytes.Count)
        {
            throw TooShort();
        }
        ulong window = 0;
        int first = (int)(_bit >> 3), shift = (int)(_bit & 7);
        int size = (shift + width + 7) / 8;
        for (int i = 0; i < size; i++)
        {
            window |= (ulong)bytes[first + i] << (8 * i);
        }
        _bit += width;
        return (uint)((window >> shift) & ((1UL << width) - 1));
    }

    private static ParquetException TooShort() => new("page-data", "levels or indexes end too early");
}
