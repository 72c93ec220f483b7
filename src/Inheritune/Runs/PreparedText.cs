using Inheritune.Engine.Data;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Runs;

/// <summary>Open token files of a prepared folder, with their tokenizer.</summary>
internal sealed class PreparedText : IDisposable
{
    private PreparedText(PreparedCorpus corpus, int vocabSize)
    {
        Corpus = corpus;
        Tokenizer = TokenizerFolder.Load(corpus.Folder);
        Train = [.. corpus.TrainShards.Select(s => TokenShard.Open(s, vocabSize))];
        Validation = TokenShard.Open(corpus.ValidationShards[0], vocabSize);
    }

    /// <summary>The manifest.</summary>
    public PreparedCorpus Corpus { get; }

    /// <summary>The tokenizer of the ids.</summary>
    public TextTokenizer Tokenizer { get; }

    /// <summary>Training tokens.</summary>
    public IReadOnlyList<TokenShard> Train { get; }

    /// <summary>Validation tokens.</summary>
    public TokenShard Validation { get; }

    /// <summary>Whether a folder was made by prepare.</summary>
    public static bool IsPrepared(string folder) => File.Exists(Path.Combine(folder, "manifest.json"));

    /// <summary>Opens a prepared folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="vocabSize">V of the model, 0 for the tokenizer's.</param>
    public static PreparedText Open(string folder, int vocabSize = 0)
    {
        var corpus = CorpusPreparer.Open(folder);
        return new PreparedText(corpus, vocabSize == 0 ? corpus.VocabSize : vocabSize);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shard in Train)
        {
            shard.Dispose();
        }

        Validation.Dispose();
    }
}
