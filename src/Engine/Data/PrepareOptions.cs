using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data;

/// <summary>What to turn into token files and how.</summary>
public sealed record PrepareOptions
{
    /// <summary>The documents.</summary>
    public CorpusOptions Corpus { get; init; } = new();

    /// <summary>Where the token files, the tokenizer and the manifest go; created when missing.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>
    /// The tokenizer to use; null trains one of <see cref="VocabSize"/> ids on the training part.
    /// </summary>
    public TextTokenizer? Tokenizer { get; init; }

    /// <summary>Ids of the tokenizer to train, 258 to 65536.</summary>
    public int VocabSize { get; init; } = 2048;

    /// <summary>Share of documents kept for validation, 0 to 0.5.</summary>
    public double ValidationFraction { get; init; } = 0.02;

    /// <summary>Chooses which documents are kept for validation.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens per file of the training part.</summary>
    public long ShardTokens { get; init; } = 100_000_000;

    /// <summary>Threads; 0 means one per core. The files do not depend on it.</summary>
    public int ThreadCount { get; init; }

    /// <summary>The tokens between documents.</summary>
    public DocumentSeparator Separator { get; init; }

    /// <summary>How often an interrupted run can be gone on from.</summary>
    public TimeSpan SaveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of text that a thread encodes between two saves; the files do not depend on it.</summary>
    internal int WaveBytes { get; init; } = 4 << 20;

    /// <summary>Whether files of an earlier run with the same options and sources are used again.</summary>
    public bool ReusesExisting { get; init; } = true;
}
