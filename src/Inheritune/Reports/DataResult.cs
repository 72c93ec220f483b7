namespace Inheritune.Reports;

/// <summary>What a run learned from.</summary>
internal sealed record DataResult
{
    /// <summary>Name of the text.</summary>
    public string Source { get; init; } = "";

    /// <summary>Documents.</summary>
    public long Documents { get; init; }

    /// <summary>Tokens of the training shards.</summary>
    public long TrainTokens { get; init; }

    /// <summary>Tokens of the validation shard.</summary>
    public long ValidationTokens { get; init; }

    /// <summary>Vocabulary.</summary>
    public int VocabSize { get; init; }
}
