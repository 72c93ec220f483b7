using System.Buffers.Binary;
using System.Numerics;
using Inheritune.Engine.Data.Codecs;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>The values of a data page: levels say which are null, then come the present strings.</summary>
internal sealed class PageValues
{
    private const int RleLevels = 3;

    private readonly RunReader? _levels;
    private readonly uint _maxDefinition;
    private readonly PageStrings _strings;

    private PageValues(int count, RunReader? levels, int maxDefinition, PageStrings strings)
    {
        Left = count;
        _levels = levels;
        _maxDefinition = (uint)maxDefinition;
        _strings = strings;
    }

    /// <summary>Values left.</summary>
    public int Left { get; private set; }

    /// <summary>The next value, or null.</summary>
    public string? Next()
    {
        Left--;
        return _levels is null || _levels.Next() == _maxDefinition ? _strings.Next() : null;
    }

    /// <summary>Version 1: the whole body is packed; levels begin with their length.</summary>
    public static PageValues? Version1(
        PageHeader header, byte[] body, int codec, int maxDefinition, string[]? dictionary)
    {
        if (maxDefinition > 0 && header.LevelEncoding != RleLevels)
        {
            throw new ParquetException(
                "encoding", $"definition levels in encoding {header.LevelEncoding}: expected {RleLevels} (RLE)");
        }
        ArraySegment<byte> bytes = PageCodec.Decompress(codec, body, header.UncompressedSize);
        if (header.ValueCount == 0)
        {
            return null;
        }
        if (maxDefinition == 0)
        {
            return Create(header, [], bytes, 0, dictionary);
        }
        long length = bytes.Count < 4 ? -1 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (length < 0 || length > bytes.Count - 4)
        {
            throw new ParquetException("page-data", $"levels of {length} bytes in a page of {bytes.Count}");
        }
        return Create(header, bytes.Slice(4, (int)length), bytes[(4 + (int)length)..], maxDefinition, dictionary);
    }

    /// <summary>Version 2: levels lie unpacked in front of the values.</summary>
    public static PageValues? Version2(
        PageHeader header, byte[] body, int codec, int maxDefinition, string[]? dictionary)
    {
        if (header.RepetitionBytes != 0)
        {
            throw new ParquetException("page-data", "repetition levels in a column that does not repeat");
        }
        if (header.RowCount != header.ValueCount || header.NullCount < 0 || header.NullCount > header.ValueCount)
        {
            throw new ParquetException(
                "values-count", $"{header.RowCount} rows and {header.NullCount} nulls for {header.ValueCount} values");
        }
        var levels = new ArraySegment<byte>(body, 0, header.DefinitionBytes);
        ArraySegment<byte> values = new ArraySegment<byte>(body)[header.DefinitionBytes..];
        int size = header.UncompressedSize - header.DefinitionBytes;
        // Where all values are null there may be nothing at all, not even an empty frame.
        if (values.Count > 0 || size > 0)
        {
            values = PageCodec.Decompress(header.IsCompressed ? codec : 0, values, size);
        }
        PageValues? result = header.ValueCount == 0 ? null
            : Create(header, levels, values, maxDefinition, dictionary, header.ValueCount - header.NullCount);
        return result;
    }

    private static PageValues Create(
        PageHeader header, ArraySegment<byte> levels, ArraySegment<byte> values, int maxDefinition,
        string[]? dictionary, int expectedPresent = -1)
    {
        int width = 32 - BitOperations.LeadingZeroCount((uint)maxDefinition);
        long present = maxDefinition == 0
            ? header.ValueCount
            : new RunReader(levels, width).Count(header.ValueCount, (uint)maxDefinition);
        if (expectedPresent >= 0 && present != expectedPresent)
        {
            throw new ParquetException(
                "values-count", $"{header.ValueCount - present} nulls: expected {header.NullCount} as the page says");
        }
        PageStrings strings = (header.Encoding, present) switch
        {
            (0, _) => new PlainStrings(values, present),
            (2 or 8, 0) => new DictionaryStrings(values, 0, []),
            (2 or 8, _) => new DictionaryStrings(values, present, dictionary ?? throw new ParquetException(
                "dictionary", "indexes without a dictionary")),
            (6 or 7, 0) => new PlainStrings(values, 0),
            (6, _) => new DeltaLengthStrings(values, present),
            (7, _) => new DeltaStrings(values, present),
            _ => throw new ParquetException(
                "encoding", $"encoding {header.Encoding}: expected 0, 2, 6, 7 or 8, as strings are written"),
        };
        return new PageValues(
            header.ValueCount, maxDefinition == 0 ? null : new RunReader(levels, width), maxDefinition, strings);
    }
}
