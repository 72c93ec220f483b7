namespace Inheritune.Engine.Tokenizers;

/// <summary>How a byte-level BPE vocabulary is trained.</summary>
public sealed record BpeTrainerOptions
{
    /// <summary>Number of ids, special tokens and the 256 bytes included.</summary>
    public required int VocabSize { get; init; }

    /// <summary>A pair that occurs less often is not merged.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>Control tokens; the first is the end of text.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [SpecialNames.EndOfText];

    /// <summary>Whether special tokens have the first ids; otherwise the last, as in GPT-2.</summary>
    public bool SpecialTokensFirst { get; init; }

    /// <summary>The pattern that cuts text into pieces.</summary>
    public PieceCut Cut { get; init; } = PieceCut.Gpt2;

    /// <summary>Whether a document is cut after every line feed before it is cut into pieces.</summary>
    public bool CutsLines { get; init; }

    /// <summary>Whether bytes that do not occur get no id.</summary>
    public bool OnlySeenBytes { get; init; }

    /// <summary>
    /// How many different pieces may be used, which bounds the memory of the search; the rarest others are
    /// dropped. 0 means all.
    /// </summary>
    public int MaxPieces { get; init; }

    /// <summary>The longest token in bytes; 0 means any.</summary>
    public int MaxTokenBytes { get; init; }

    /// <summary>Threads that count; 0 means one per core. The result does not depend on it.</summary>
    public int ThreadCount { get; init; }
}
