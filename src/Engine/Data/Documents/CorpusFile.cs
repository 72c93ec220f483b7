namespace Inheritune.Engine.Data.Documents;

/// <summary>A file of a corpus.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Name">Its path below the folder that was named, with '/'.</param>
/// <param name="Content">What is in it, once unpacked.</param>
/// <param name="Packing">How it is packed.</param>
internal sealed record CorpusFile(string Path, string Name, CorpusContent Content, CorpusPacking Packing)
{
    private static readonly (string Extension, CorpusContent Content)[] Contents =
    [
        (".txt", CorpusContent.Text),
        (".jsonl", CorpusContent.JsonLines),
        (".ndjson", CorpusContent.JsonLines),
        (".json", CorpusContent.JsonLines),
        (".parquet", CorpusContent.Parquet),
    ];

    /// <summary>What a file is by its name; null when the name says nothing known.</summary>
    public static CorpusFile? FromName(string path, string name)
    {
        string lower = name.ToLowerInvariant();
        CorpusPacking packing = lower.EndsWith(".gz", StringComparison.Ordinal) ? CorpusPacking.Gzip
            : lower.EndsWith(".zst", StringComparison.Ordinal) ? CorpusPacking.Zstd
            : CorpusPacking.None;
        string inner = packing == CorpusPacking.None ? lower : lower[..lower.LastIndexOf('.')];
        foreach ((string extension, CorpusContent content) in Contents)
        {
            bool isPackable = content != CorpusContent.Parquet || packing == CorpusPacking.None;
            if (inner.EndsWith(extension, StringComparison.Ordinal) && isPackable)
            {
                return new CorpusFile(path, name, content, packing);
            }
        }
        return null;
    }
}
