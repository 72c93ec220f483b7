namespace Inheritune.Engine.Data;

/// <summary>Token files ready for training.</summary>
public sealed record PreparedCorpus
{
    /// <summary>The folder of everything: token files, tokenizer files, <c>manifest.json</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Ids of the tokenizer.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Paths of the training shards, in order.</summary>
    public required IReadOnlyList<string> TrainShards { get; init; }

    /// <summary>Paths of the validation shards, in order.</summary>
    public required IReadOnlyList<string> ValidationShards { get; init; }

    /// <summary>Tokens of the training part.</summary>
    public required long TrainTokens { get; init; }

    /// <summary>Tokens of the validation part.</summary>
    public required long ValidationTokens { get; init; }

    /// <summary>Documents of the training part.</summary>
    public required long TrainDocuments { get; init; }

    /// <summary>Documents of the validation part.</summary>
    public required long ValidationDocuments { get; init; }

    /// <summary>Bytes of UTF-8 text of both parts.</summary>
    public required long TextBytes { get; init; }

    /// <summary>Bytes of UTF-8 text of the validation part, for bits per byte.</summary>
    public required long ValidationTextBytes { get; init; }

    /// <summary>Documents dropped because they are null or empty, and bad records skipped.</summary>
    public required long DroppedDocuments { get; init; }

    /// <summary>What reading the text met; null where files of an earlier run were opened.</summary>
    public CorpusStatistics? Met { get; init; }

    /// <summary>What the text came from, for people.</summary>
    public required string Source { get; init; }

    /// <summary>Whether files of an earlier run were used.</summary>
    public bool IsReused { get; init; }

    /// <summary>Why files of an earlier run were not used again; null when there were none.</summary>
    public string? Note { get; init; }
}
