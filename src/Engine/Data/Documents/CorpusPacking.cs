namespace Inheritune.Engine.Data.Documents;

/// <summary>How a corpus file is packed.</summary>
internal enum CorpusPacking
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>gzip, RFC 1952.</summary>
    Gzip,

    /// <summary>Zstandard, RFC 8878.</summary>
    Zstd,
}
