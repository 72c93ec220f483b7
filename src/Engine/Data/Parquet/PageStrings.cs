using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>The present strings of a page, one after the other.</summary>
internal abstract class PageStrings
{
    /// <summary>The next string.</summary>
    /// <exception cref="ParquetException">The data ends before it, or it is not valid UTF-8.</exception>
    public abstract string Next();

    /// <summary>Checks and decodes a string.</summary>
    protected static string Decode(ReadOnlySpan<byte> text) => Utf8.IsValid(text)
        ? Encoding.UTF8.GetString(text)
        : throw new ParquetException("utf8", "a string is not valid UTF-8");

    /// <summary>A length or prefix that has to lie within some bytes.</summary>
    protected static int Length(long value, int limit) => value >= 0 && value <= limit
        ? (int)value
        : throw new ParquetException("page-data", $"a string of {value} bytes in {limit}");
}

/// <summary>PLAIN: a length as u32, then the bytes.</summary>
internal sealed class PlainStrings : PageStrings
{
    private readonly ArraySegment<byte> _bytes;
    private int _at;

    public PlainStrings(ArraySegment<byte> bytes, long count)
    {
        _bytes = bytes;
        if (count * 4 > bytes.Count)
        {
            throw new ParquetException("page-data", $"{count} strings in {bytes.Count} bytes");
        }
    }

    /// <inheritdoc/>
    public override string Next()
    {
        ReadOnlySpan<byte> left = _bytes.AsSpan(_at);
        if (left.Length < 4)
        {
            throw new ParquetException("page-data", "the strings end too early");
        }
        int length = Length(BinaryPrimitives.ReadUInt32LittleEndian(left), left.Length - 4);
        _at += 4 + length;
        return Decode(left.Slice(4, length));
    }
}

/// <summary>RLE_DICTIONARY: a width, then runs of indexes into the dictionary.</summary>
internal sealed class DictionaryStrings : PageStrings
{
    private readonly string[] _dictionary;
    private readonly RunReader? _indexes;

    public DictionaryStrings(ArraySegment<byte> bytes, long count, string[] dictionary)
    {
        _dictionary = dictionary;
        if (count == 0)
        {
            return;
        }
        if (bytes.Count == 0 || bytes[0] > 32)
        {
            throw new ParquetException(
                "page-data", $"index width: expected 0 to 32 bits, got {(bytes.Count == 0 ? "none" : bytes[0])}");
        }
        _indexes = new RunReader(bytes[1..], bytes[0]);
    }

    /// <inheritdoc/>
    public override string Next()
    {
        uint index = _indexes!.Next();
        return index < (uint)_dictionary.Length
            ? _dictionary[index]
            : throw new ParquetException(
                "dictionary", $"index {index}: expected below the {_dictionary.Length} entries of the dictionary");
    }
}

/// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
internal sealed class DeltaLengthStrings : PageStrings
{
    private readonly ArraySegment<byte> _bytes;
    private readonly DeltaReader _lengths;
    private int _at;

    public DeltaLengthStrings(ArraySegment<byte> bytes, long count)
    {
        _bytes = bytes;
        _at = new DeltaReader(bytes, count).End();
        _lengths = new DeltaReader(bytes, count);
    }

    /// <inheritdoc/>
    public override string Next() => Decode(NextBytes());

    /// <summary>The bytes of the next string, not yet checked.</summary>
    public ReadOnlySpan<byte> NextBytes()
    {
        int length = Length(_lengths.Next(), _bytes.Count - _at);
        _at += length;
        return _bytes.AsSpan(_at - length, length);
    }
}

/// <summary>DELTA_BYTE_ARRAY: lengths of prefixes shared with the string before, then the rests.</summary>
internal sealed class DeltaStrings : PageStrings
{
    private const int StringLimit = 256 << 20;

    private readonly DeltaReader _prefixes;
    private readonly DeltaLengthStrings _suffixes;
    private byte[] _last = [];
    private int _lastLength;

    public DeltaStrings(ArraySegment<byte> bytes, long count)
    {
        int end = new DeltaReader(bytes, count).End();
        _prefixes = new DeltaReader(bytes, count);
        _suffixes = new DeltaLengthStrings(bytes[end..], count);
    }

    /// <inheritdoc/>
    public override string Next()
    {
        int prefix = Length(_prefixes.Next(), _lastLength);
        ReadOnlySpan<byte> suffix = _suffixes.NextBytes();
        int length = Length((long)prefix + suffix.Length, StringLimit);
        if (length > _last.Length)
        {
            Array.Resize(ref _last, (int)Math.Min(StringLimit, Math.Max(length, 2L * _last.Length)));
        }
        suffix.CopyTo(_last.AsSpan(prefix));
        _lastLength = length;
        return Decode(_last.AsSpan(0, length));
    }
}
