namespace Inheritune.Engine.Data.Parquet;

/// <summary>The header of a page.</summary>
internal sealed record PageHeader
{
    /// <summary>0 data, 1 index, 2 dictionary, 3 data of version 2.</summary>
    public int Type { get; private init; }

    /// <summary>Bytes once unpacked.</summary>
    public int UncompressedSize { get; private init; }

    /// <summary>Bytes in the file.</summary>
    public int CompressedSize { get; private init; }

    /// <summary>CRC-32 of the bytes in the file.</summary>
    public int? Crc { get; private init; }

    /// <summary>Values, nulls included; entries of a dictionary.</summary>
    public int ValueCount { get; private init; }

    /// <summary>How the values are written.</summary>
    public int Encoding { get; private init; }

    /// <summary>How the definition levels of version 1 are written.</summary>
    public int LevelEncoding { get; private init; }

    /// <summary>Version 2: nulls.</summary>
    public int NullCount { get; private init; }

    /// <summary>Version 2: rows.</summary>
    public int RowCount { get; private init; }

    /// <summary>Version 2: bytes of definition levels.</summary>
    public int DefinitionBytes { get; private init; }

    /// <summary>Version 2: bytes of repetition levels.</summary>
    public int RepetitionBytes { get; private init; }

    /// <summary>Version 2: the values are packed.</summary>
    public bool IsCompressed { get; private init; } = true;

    private int Present { get; init; }

    /// <summary>Reads a header.</summary>
    /// <exception cref="ThriftException">It is damaged or cut off.</exception>
    public static PageHeader Read(ref ThriftReader reader)
    {
        var header = new PageHeader { Type = -1, UncompressedSize = -1, CompressedSize = -1 };
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    header = header with { Type = reader.ReadI32(type) };
                    break;
                case 2:
                    header = header with { UncompressedSize = reader.ReadI32(type) };
                    break;
                case 3:
                    header = header with { CompressedSize = reader.ReadI32(type) };
                    break;
                case 4:
                    header = header with { Crc = reader.ReadI32(type) };
                    break;
                case 5 or 7 or 8 when type == ThriftType.Structure:
                    header = ReadDetails(ref reader, header, id);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave();
        return Checked(header);
    }

    private static PageHeader Checked(PageHeader header)
    {
        int needed = header.Type switch
        {
            0 => 5,
            2 => 7,
            3 => 8,
            _ => 0,
        };
        if (header.Type < 0 || header.UncompressedSize < 0 || header.CompressedSize < 0 || header.ValueCount < 0
            || header.DefinitionBytes < 0 || header.RepetitionBytes < 0)
        {
            throw new ThriftException("a size or count is missing or below 0");
        }
        if (needed != 0 && header.Present != needed)
        {
            throw new ThriftException($"a page of type {header.Type} without its counts");
        }
        if ((long)header.DefinitionBytes + header.RepetitionBytes > Math.Min(header.CompressedSize, header.UncompressedSize))
        {
            throw new ThriftException("levels that are longer than their page");
        }
        return header;
    }

    private static PageHeader ReadDetails(ref ThriftReader reader, PageHeader header, int kind)
    {
        header = header with { Present = kind, ValueCount = -1, Encoding = -1, LevelEncoding = -1 };
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType type))
        {
            header = (kind, id) switch
            {
                (_, 1) => header with { ValueCount = reader.ReadI32(type) },
                (5 or 7, 2) or (8, 4) => header with { Encoding = reader.ReadI32(type) },
                (5, 3) => header with { LevelEncoding = reader.ReadI32(type) },
                (8, 2) => header with { NullCount = reader.ReadI32(type) },
                (8, 3) => header with { RowCount = reader.ReadI32(type) },
                (8, 5) => header with { DefinitionBytes = reader.ReadI32(type) },
                (8, 6) => header with { RepetitionBytes = reader.ReadI32(type) },
                (8, 7) => header with { IsCompressed = Flag(type) },
                _ => Skipped(ref reader, header, type),
            };
        }
        reader.Leave();
        return header;
    }

    private static PageHeader Skipped(ref ThriftReader reader, PageHeader header, ThriftType type)
    {
        reader.Skip(type);
        return header;
    }

    private static bool Flag(ThriftType type) => type is ThriftType.True or ThriftType.False
        ? type == ThriftType.True
        : throw new ThriftException($"{type} where a truth value belongs");
}
