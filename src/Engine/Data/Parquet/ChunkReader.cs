using Inheritune.Engine.Data.Codecs;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>The values of one column of a row group, page after page.</summary>
internal sealed class ChunkReader(ParquetFile file, int group, ColumnChunk chunk)
{
    private const int HeaderBytes = 1 << 10, HeaderLimit = 16 << 20;

    private readonly long _end = ParquetFile.Start(chunk) + chunk.Size;
    private long _position = ParquetFile.Start(chunk);
    private long _page;
    private long _left = chunk.ValueCount;
    private string[]? _dictionary;
    private bool _hasData;
    private PageValues? _values;

    /// <summary>
    /// Adds the next values, null where there is none, until they have some length.
    /// </summary>
    /// <param name="batch">Added to.</param>
    /// <param name="characters">Enough for a batch.</param>
    /// <returns>False when no value is left.</returns>
    /// <exception cref="CorpusException">A page is damaged.</exception>
    public bool TryRead(List<string?> batch, int characters)
    {
        try
        {
            long size = 0;
            while (size < characters)
            {
                while (_values is null or { Left: 0 })
                {
                    if (_left == 0)
                    {
                        return size > 0;
                    }
                    _values = NextPage();
                }
                string? value = _values.Next();
                _left--;
                batch.Add(value);
                size += 16 + (value?.Length ?? 0);
            }
            return true;
        }
        catch (ParquetException fault)
        {
            throw Fault(fault.Reason, fault.Message);
        }
        catch (DecompressException fault)
        {
            throw Fault("decompress", fault.Message);
        }
    }

    /// <summary>Reads a page; null for one without values.</summary>
    private PageValues? NextPage()
    {
        _page = _position;
        PageHeader header = ReadHeader(out int headerBytes);
        long start = _position + headerBytes;
        if (header.CompressedSize > _end - start)
        {
            throw new ParquetException(
                "page-header", $"a page of {header.CompressedSize} bytes: expected at most the {_end - start} that "
                + "are left of the column");
        }
        if (Math.Max(header.UncompressedSize, header.CompressedSize) > ParquetFile.SizeLimit)
        {
            throw new ParquetException("limit", $"a page of more than {ParquetFile.SizeLimit >> 20} MiB");
        }
        _position = start + header.CompressedSize;
        if (header.Type is not (0 or 2 or 3))
        {
            return null;
        }
        if (header.Type != 2 && header.ValueCount > _left)
        {
            throw new ParquetException(
                "values-count", $"{header.ValueCount} values: expected at most the {_left} that are left");
        }
        var body = new byte[header.CompressedSize];
        file.Read(body, start);
        if (header.Crc is { } crc && Crc32.Of(body) != (uint)crc)
        {
            throw new ParquetException("checksum", "the bytes do not fit their checksum. The file is damaged");
        }
        if (header.Type == 2)
        {
            ReadDictionary(header, body);
            return null;
        }
        _hasData = true;
        return header.Type == 0
            ? PageValues.Version1(header, body, chunk.Codec, file.Column.MaxDefinition, _dictionary)
            : PageValues.Version2(header, body, chunk.Codec, file.Column.MaxDefinition, _dictionary);
    }

    private PageHeader ReadHeader(out int length)
    {
        int size = HeaderBytes;
        while (true)
        {
            long there = Math.Min(size, _end - _position);
            var bytes = new byte[there];
            file.Read(bytes, _position);
            try
            {
                var reader = new ThriftReader(bytes);
                PageHeader header = PageHeader.Read(ref reader);
                length = reader.Position;
                return header;
            }
            catch (ThriftException fault) when (fault.IsCutOff && there == size && size < HeaderLimit)
            {
                // Statistics can make a header long.
                size *= 8;
            }
            catch (ThriftException fault)
            {
                throw new ParquetException("page-header", $"the page header is damaged: {fault.Message}");
            }
        }
    }

    private void ReadDictionary(PageHeader header, byte[] body)
    {
        if (_dictionary is not null || _hasData)
        {
            throw new ParquetException("dictionary", "a dictionary that is not the first and only one");
        }
        if (header.Encoding is not (0 or 2))
        {
            throw new ParquetException("encoding", $"a dictionary in encoding {header.Encoding}: expected 0 or 2");
        }
        ArraySegment<byte> bytes = PageCodec.Decompress(chunk.Codec, body, header.UncompressedSize);
        var strings = new PlainStrings(bytes, header.ValueCount);
        _dictionary = new string[header.ValueCount];
        for (int i = 0; i < _dictionary.Length; i++)
        {
            _dictionary[i] = strings.Next();
        }
    }

    private CorpusException Fault(string reason, string what) =>
        file.Fault(reason, $"row group {group}, page at byte {_page}: {what}");
}
