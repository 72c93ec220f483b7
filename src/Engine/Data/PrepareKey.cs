using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Inheritune.Engine.Data.Documents;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data;

/// <summary>
/// What decides the content of a prepared folder, as one hash: the options and the state of the sources.
/// </summary>
internal static class PrepareKey
{
    // Raised whenever the same text and options would give other files.
    private const int FormatVersion = 2;

    public static string Of(PrepareOptions options)
    {
        CorpusOptions corpus = options.Corpus;
        var text = new StringBuilder();
        Add(FormatVersion, corpus.TextColumn, corpus.SkipsBadRecords, corpus.ReplacesInvalidUtf8);
        Add(corpus.DocumentSeparator ?? "", options.ValidationFraction, options.Seed, options.ShardTokens);
        Add(options.Separator.ToString(), corpus.TokenKind.ToString());
        Add(options.Tokenizer is null ? options.VocabSize : HashOf(options.Tokenizer));
        IEnumerable<string> files = corpus.Paths.Count == 0
            ? SdkDocumentation.Files()
            : TokenSources.Find(corpus) ?? CorpusFiles.Find(corpus.Paths, new CorpusStatistics()).Select(file => file.Path).ToList();
        foreach (string path in files)
        {
            var info = new FileInfo(path);
            Add(Path.GetFullPath(path), info.Length, info.LastWriteTimeUtc.Ticks);
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Add(params ReadOnlySpan<object> parts)
        {
            foreach (object part in parts)
            {
                string shown = Convert.ToString(part, CultureInfo.InvariantCulture)!;
                text.Append(shown.Length).Append(':').Append(shown);
            }
            text.Append('\n');
        }
    }

    private static string HashOf(TextTokenizer tokenizer)
    {
        // Any tokenizer can be asked for its entries, whatever files it came from.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(
            $"{tokenizer.GetType().Name} {tokenizer.EndOfText} {tokenizer.VocabSize}"));
        for (int id = 0; id < tokenizer.VocabSize; id++)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(tokenizer.IdToToken(id) ?? ""));
            hash.AppendData([0xFF]);
        }
        if (tokenizer is ByteLevelBpe bpe)
        {
            hash.AppendData(TokenizerJsonWriter.TokenizerJson(bpe.Definition));
        }
        else if (tokenizer is SentencePieceBpe pieces)
        {
            hash.AppendData(pieces.Definition.File);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
