namespace Inheritune.Engine.Tokenizers;

/// <summary>A tokenizer whose merging begins with characters, as its file describes it.</summary>
internal sealed record SymbolDefinition
{
    public required SymbolVocabulary Vocabulary { get; init; }

    /// <summary>The bytes of tokenizer.json or tokenizer.model, written back as they are.</summary>
    public required byte[] File { get; init; }

    /// <summary>The model it comes from; null for tokenizer.json, which the next members describe.</summary>
    public SentencePieceModel? Model { get; init; }

    public IReadOnlyList<NormalizerStep> Steps { get; init; } = [];

    public MetaspaceRule? Metaspace { get; init; }

    public bool IgnoresMerges { get; init; }

    /// <summary>Whether <c>&lt;0x41&gt;</c> decodes to the byte.</summary>
    public bool DecodesBytes { get; init; }

    /// <summary>How many spaces in front of the whole text are removed when decoding.</summary>
    public int StrippedSpaces { get; init; }

    /// <summary>Whether the first token loses its U+2581 when decoding.</summary>
    public bool StripsFirstToken { get; init; }

    public IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    public IReadOnlyList<int> Front { get; init; } = [];

    public IReadOnlyList<int> Back { get; init; } = [];

    public int? BeginOfText { get; init; }

    public int? EndOfText { get; init; }
}
