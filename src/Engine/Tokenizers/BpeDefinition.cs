namespace Inheritune.Engine.Tokenizers;

/// <summary>A byte-level BPE tokenizer as its files describe it.</summary>
internal sealed record BpeDefinition
{
    /// <summary>Vocabulary entries in the characters of the file; ids may have gaps.</summary>
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Merges in order of rank, in the characters of the file.</summary>
    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public PieceCut Cut { get; init; } = PieceCut.Gpt2;

    public bool AddsPrefixSpace { get; init; }

    /// <summary>
    /// Whether pairs merge by the id of their result, as rank files mean it, and not by their place in the
    /// list of merges.
    /// </summary>
    public bool RanksByResult { get; init; }

    public bool IgnoresMerges { get; init; }

    public string? UnknownToken { get; init; }

    public bool FusesUnknown { get; init; }

    public bool IsComposed { get; init; }

    public IReadOnlyList<int> Front { get; init; } = [];

    public IReadOnlyList<int> Back { get; init; } = [];

    public int? BeginOfText { get; init; }

    public int? EndOfText { get; init; }

    /// <summary>Parts of tokenizer.json that have no effect here and are written back as they were.</summary>
    public string Truncation { get; init; } = "null";

    public string Padding { get; init; } = "null";
}
