using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class BpeTrainerTests
{
    private readonly string _corpus = File.ReadAllText(TextFixtures.Require("tokenizers/toy-corpus.txt"));
    private readonly JsonElement _golden = TextFixtures.Json("tokenizers/toy-train.json");

    [Theory]
    [InlineData(false, "whole_text")]
    [InlineData(true, "line_mode")]
    public void Train_ToyCorpus_GivesTheGoldenMerges(bool cutsLines, string mode)
    {
        BpeTrainerOptions options = Options(cutsLines);
        ByteLevelBpe tokenizer = BpeTrainer.Train([_corpus], options);
        string[] tokens = TextFixtures.Texts(_golden, $"tokens_{mode}");
        Assert.Equal(tokens, Enumerable.Range(0, tokenizer.VocabSize).Select(id => tokenizer.IdToToken(id)!));
        JsonElement[] merges = [.. _golden.GetProperty($"merges_{mode}").EnumerateArray()];
        Assert.Equal(
            merges.Select(
                merge => (merge[0].GetString()!, merge[1].GetString()!)), tokenizer.Definition.Merges);
        Assert.Equal(merges.Select(merge => merge[2].GetInt64()), MergeCounts(options));
    }

    [Fact]
    public void Train_ToExhaustion_GivesTheGoldenHash()
    {
        BpeTrainerOptions options = new()
        {
            VocabSize = 30000,
            MinFrequency = 0,
            SpecialTokens = [],
            CutsLines = true,
            OnlySeenBytes = true,
        };
        ByteLevelBpe tokenizer = BpeTrainer.Train([_corpus], options);
        JsonElement expected = _golden.GetProperty("exhaustive");
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), tokenizer.VocabSize);
        Assert.Equal(expected.GetProperty("merges").GetInt32(), tokenizer.MergeCount);
        string lines =
            string.Join('\n', tokenizer.Definition.Merges.Select(merge => $"{merge.Left} {merge.Right}"));
        string hash = expected.GetProperty("merges_sha256").GetString()!;
        Assert.Contains(hash, (string[])[Hash(lines), Hash(lines + "\n")]);
    }

    [Fact]
    public void Train_ShuffledDocumentsAndThreads_GiveIdenticalFiles()
    {
        int seed = Random.Shared.Next();
        string[] documents = _corpus.Split('\n');
        byte[] expected = TokenizerJsonWriter.TokenizerJson(
            BpeTrainer.Train(documents, Options(false) with { ThreadCount = 1 }).Definition);
        new Random(seed).Shuffle(documents);
        ByteLevelBpe shuffled = BpeTrainer.Train(documents, Options(false) with { ThreadCount = 7 });
        Assert.True(
            expected.AsSpan().SequenceEqual(
                TokenizerJsonWriter.TokenizerJson(shuffled.Definition)), $"seed {seed}");
    }

    [Fact]
    public void Train_ToyCorpus_WritesTheGoldenFiles()
    {
        ByteLevelBpe tokenizer = BpeTrainer.Train([_corpus], Options(false));
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(tokenizer, folder.Path);
        JsonElement vocabulary = TextFixtures.Json("tokenizers/toy-vocab.json");
        using JsonDocument written =
            JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder.Path, "vocab.json")));
        Assert.True(JsonElement.DeepEquals(vocabulary, written.RootElement));
        Assert.Equal(
            File.ReadAllText(TextFixtures.Require("tokenizers/toy-merges.txt")).TrimEnd(),
            File.ReadAllText(Path.Combine(folder.Path, "merges.txt")).TrimEnd());
        TextTokenizer golden =
            TokenizerFolder.LoadFile(TextFixtures.Require("tokenizers/toy-gpt2-style.tokenizer.json"));
        Assert.Equal(golden.Encode(_corpus), TokenizerFolder.Load(folder.Path).Encode(_corpus));
    }

    [Fact]
    public void Train_SpecialTokenInText_NeverEntersAMerge()
    {
        ByteLevelBpe tokenizer = BpeTrainer.Train(
            Enumerable.Repeat("a<|endoftext|>b", 50), new BpeTrainerOptions { VocabSize = 400 });
        Assert.Equal(0, tokenizer.MergeCount);
        Assert.Equal(256, tokenizer.EndOfText);
        Assert.Equal(257, tokenizer.VocabSize);
    }

    [Fact]
    public void Train_LimitedPiecesAndTokens_KeepsToThem()
    {
        ReadOnlyMemory<byte>[] documents = [Encoding.UTF8.GetBytes(_corpus)];
        BpeTrainer.Train(documents, Options(false), out BpeTrainingReport all);
        Assert.Equal(documents[0].Length, all.CorpusBytes);
        Assert.Equal(0, all.DroppedPieceCount);
        ByteLevelBpe limited = BpeTrainer.Train(
            documents, Options(false) with { MaxPieces = 20, MaxTokenBytes = 3 }, out BpeTrainingReport report);
        Assert.Equal(all.UniquePieceCount - 20, report.DroppedPieceCount);
        Assert.Equal(limited.MergeCount, report.MergeCount);
        Assert.InRange(report.MergeCount, 1, all.MergeCount);
        Assert.All(limited.Definition.Merges, merge => Assert.InRange(merge.Left.Length + merge.Right.Length, 2, 3));
    }

    [Fact]
    public void Train_TooSmallVocabulary_SaysTheLeastSize()
    {
        var fault = Assert.Throws<TokenizerException>(
            () => BpeTrainer.Train(["text"], new BpeTrainerOptions { VocabSize = 100 }));
        Assert.Contains("257", fault.Message, StringComparison.Ordinal);
    }

    private static BpeTrainerOptions Options(bool cutsLines) =>
        new() { VocabSize = 400, SpecialTokensFirst = true, CutsLines = cutsLines };

    private IEnumerable<long> MergeCounts(BpeTrainerOptions options)
    {
        var counts = new PieceCounts(options);
        counts.CountAll([Encoding.UTF8.GetBytes(_corpus)], default);
        return new MergeSearch(counts.Words, options).Run(default).Merges.Select(merge => merge.Count);
    }

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
