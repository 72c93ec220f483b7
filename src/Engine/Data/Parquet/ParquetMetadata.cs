namespace Inheritune.Engine.Data.Parquet;

/// <summary>An element of the schema; the list of them is a tree in depth-first order.</summary>
/// <param name="Type">Physical type; null for a group.</param>
/// <param name="Repetition">0 required, 1 optional, 2 repeated.</param>
/// <param name="Name">Name.</param>
/// <param name="ChildCount">Children of a group.</param>
/// <param name="ConvertedType">Older annotation.</param>
/// <param name="LogicalType">Member of the newer annotation.</param>
internal sealed record SchemaElement(
    int? Type, int Repetition, string Name, int? ChildCount, int? ConvertedType, int? LogicalType);

/// <summary>A column of a row group.</summary>
internal sealed record ColumnChunk
{
    /// <summary>Another file that holds the data.</summary>
    public string? FilePath { get; init; }

    /// <summary>The column is encrypted.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The metadata are there; an encrypted column may lack them.</summary>
    public bool HasMetadata { get; init; }

    /// <summary>Physical type.</summary>
    public int Type { get; init; }

    /// <summary>Names from the root.</summary>
    public string Path { get; init; } = "";

    /// <summary>Compression.</summary>
    public int Codec { get; init; }

    /// <summary>Values, nulls included.</summary>
    public long ValueCount { get; init; }

    /// <summary>Bytes in the file.</summary>
    public long Size { get; init; }

    /// <summary>First data page.</summary>
    public long DataOffset { get; init; }

    /// <summary>Dictionary page; 0 for none.</summary>
    public long DictionaryOffset { get; init; }
}

/// <summary>A row group.</summary>
internal sealed record RowGroup(List<ColumnChunk> Columns, long RowCount);

/// <summary>The footer.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="RowCount">Rows of all groups.</param>
/// <param name="Groups">The row groups.</param>
/// <param name="HasEncryption">Columns may be encrypted, and a signature follows.</param>
internal sealed record FileMetadata(
    List<SchemaElement> Schema, long RowCount, List<RowGroup> Groups, bool HasEncryption);
