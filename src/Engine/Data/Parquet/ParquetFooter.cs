namespace Inheritune.Engine.Data.Parquet;

/// <summary>Reads the structures of the footer; fields that are not needed are passed over.</summary>
internal static class ParquetFooter
{
    /// <summary>Reads FileMetaData.</summary>
    /// <exception cref="ThriftException">It is damaged, or a field that has to be there is not.</exception>
    public static FileMetadata Read(ref ThriftReader reader)
    {
        List<SchemaElement>? schema = null;
        List<RowGroup>? groups = null;
        long? rows = null;
        bool hasEncryption = false;
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 2:
                    schema = [];
                    for (int left = reader.ReadList(type, ThriftType.Structure); left > 0; left--)
                    {
                        schema.Add(ReadElement(ref reader));
                    }
                    break;
                case 3:
                    rows = reader.ReadI64(type);
                    break;
                case 4:
                    groups = [];
                    for (int left = reader.ReadList(type, ThriftType.Structure); left > 0; left--)
                    {
                        groups.Add(ReadGroup(ref reader));
                    }
                    break;
                case 8:
                    hasEncryption = true;
                    reader.Skip(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave();
        Require(schema is not null, "schema");
        Require(rows is >= 0, "number of rows");
        Require(groups is not null, "row groups");
        return new FileMetadata(schema!, rows!.Value, groups!, hasEncryption);
    }

    private static SchemaElement ReadElement(ref ThriftReader reader)
    {
        int? type = null, children = null, converted = null, logical = null;
        int repetition = 0;
        string? name = null;
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType fieldType))
        {
            switch (id)
            {
                case 1:
                    type = reader.ReadI32(fieldType);
                    break;
                case 3:
                    repetition = reader.ReadI32(fieldType);
                    break;
                case 4:
                    name = reader.ReadText(fieldType);
                    break;
                case 5:
                    children = reader.ReadI32(fieldType);
                    break;
                case 6:
                    converted = reader.ReadI32(fieldType);
                    break;
                case 10:
                    logical = ReadUnion(ref reader, fieldType);
                    break;
                default:
                    reader.Skip(fieldType);
                    break;
            }
        }
        reader.Leave();
        Require(name is not null, "name of a column");
        return new SchemaElement(type, repetition, name!, children, converted, logical);
    }

    /// <summary>Which member of a union is there; 0 for none.</summary>
    private static int ReadUnion(ref ThriftReader reader, ThriftType type)
    {
        if (type != ThriftType.Structure)
        {
            throw new ThriftException($"{type} where {ThriftType.Structure} belongs");
        }
        int member = 0, id = 0;
        reader.Enter();
        while (reader.TryReadField(ref id, out ThriftType fieldType))
        {
            member = id;
            reader.Skip(fieldType);
        }
        reader.Leave();
        return member;
    }

    private static RowGroup ReadGroup(ref ThriftReader reader)
    {
        List<ColumnChunk>? columns = null;
        long? rows = null;
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    columns = [];
                    for (int left = reader.ReadList(type, ThriftType.Structure); left > 0; left--)
                    {
                        columns.Add(ReadChunk(ref reader));
                    }
                    break;
                case 3:
                    rows = reader.ReadI64(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave();
        Require(columns is not null, "columns of a row group");
        Require(rows is >= 0, "number of rows of a row group");
        return new RowGroup(columns!, rows!.Value);
    }

    private static ColumnChunk ReadChunk(ref ThriftReader reader)
    {
        var chunk = new ColumnChunk();
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    chunk = chunk with { FilePath = reader.ReadText(type) };
                    break;
                case 3 when type == ThriftType.Structure:
                    chunk = ReadChunkMetadata(ref reader, chunk);
                    break;
                case 8:
                    chunk = chunk with { IsEncrypted = true };
                    reader.Skip(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }
        reader.Leave();
        return chunk;
    }

    private static ColumnChunk ReadChunkMetadata(ref ThriftReader reader, ColumnChunk chunk)
    {
        int? type = null, codec = null;
        long? values = null, size = null, data = null;
        long dictionary = 0;
        string? path = null;
        reader.Enter();
        int id = 0;
        while (reader.TryReadField(ref id, out ThriftType fieldType))
        {
            switch (id)
            {
                case 1:
                    type = reader.ReadI32(fieldType);
                    break;
                case 3:
                    path = ReadPath(ref reader, fieldType);
                    break;
                case 4:
                    codec = reader.ReadI32(fieldType);
                    break;
                case 5:
                    values = reader.ReadI64(fieldType);
                    break;
                case 7:
                    size = reader.ReadI64(fieldType);
                    break;
                case 9:
                    data = reader.ReadI64(fieldType);
                    break;
                case 11:
                    dictionary = reader.ReadI64(fieldType);
                    break;
                default:
                    reader.Skip(fieldType);
                    break;
            }
        }
        reader.Leave();
        Require(type is not null && path is not null && codec is not null, "type, path or codec of a column");
        Require(values is not null && size is not null && data is not null, "counts or places of a column");
        return chunk with
        {
            HasMetadata = true,
            Type = type!.Value,
            Path = path!,
            Codec = codec!.Value,
            ValueCount = values!.Value,
            Size = size!.Value,
            DataOffset = data!.Value,
            DictionaryOffset = dictionary,
        };
    }

    /// <summary>Names joined with NUL, which no name contains as a separator.</summary>
    private static string ReadPath(ref ThriftReader reader, ThriftType type)
    {
        var parts = new List<string>();
        for (int left = reader.ReadList(type, ThriftType.Binary); left > 0; left--)
        {
            parts.Add(reader.ReadText(ThriftType.Binary));
        }
        return string.Join('\0', parts);
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new ThriftException($"the {what} are missing or below 0");
        }
    }
}
