namespace Inheritune.Engine.Data.Documents;

/// <summary>What a corpus file holds.</summary>
internal enum CorpusContent
{
    /// <summary>Plain text, one document.</summary>
    Text,

    /// <summary>One JSON object per line, one document each.</summary>
    JsonLines,

    /// <summary>A Parquet table.</summary>
    Parquet,
}
