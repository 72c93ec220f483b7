using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>
/// Llama 3 and cl100k_base from rank files. The vocabulary is a found file or, in its absence, an excerpt with
/// every entry that is part of the texts, which gives the same ids for them.
/// </summary>
public sealed class GoldenRankFileTests
{
    [Theory]
    [InlineData("llama3")]
    [InlineData("cl100k")]
    public void Encode_AllCases_GivesTheirIds(string name)
    {
        TextTokenizer tokenizer = Load(name);
        int count = 0;
        foreach (JsonElement item in
            TextFixtures.Json($"tokenizers/{name}.json").GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, tokenizer.Encode(text, EncodeOptions.PlainText));
            Assert.Equal(text, tokenizer.Decode(ids));
            Assert.Equal(text, GoldenToyTests.Stream(tokenizer, ids));
            var fast = new List<int>();
            tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(text), fast);
            Assert.Equal(ids, fast);
            InterfaceCheck.Verify(tokenizer, text, [.. tokenizer.Encode(text)]);
            count++;
        }
        Assert.Equal(50, count);
    }

    [Fact]
    public void SaveAndLoad_RankFile_GivesTheSameIdsAsJsonAndAsRanks()
    {
        TextTokenizer tokenizer = Load("llama3");
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(tokenizer, folder.Path);
        TokenizerFolder.SaveRanks((ByteLevelBpe)tokenizer, Path.Combine(folder.Path, "tokenizer.model"));
        TextTokenizer fromJson = TokenizerFolder.Load(folder.Path, verifies: true);
        File.Delete(Path.Combine(folder.Path, "tokenizer.json"));
        TextTokenizer fromRanks = TokenizerFolder.Load(folder.Path);
        foreach (JsonElement item in
            TextFixtures.Json("tokenizers/llama3.json").GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, fromJson.Encode(text, EncodeOptions.PlainText));
            Assert.Equal(ids, fromRanks.Encode(text, EncodeOptions.PlainText));
        }
    }

    [Fact]
    public void LoadRanks_LlamaSize_HasTheSpecialTokens()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllText(path, Ranks(128000));
        TextTokenizer tokenizer = TokenizerFolder.Load(folder.Path);
        Assert.Equal(128256, tokenizer.VocabSize);
        Assert.Equal(128001, tokenizer.EndOfText);
        Assert.Equal(128009, tokenizer.TokenToId("<|eot_id|>"));
        Assert.Equal("<|reserved_special_token_250|>", tokenizer.IdToToken(128255));
        Assert.Equal([128000, 'a', 128006], tokenizer.Encode("a<|start_header_id|>"));
    }

    [Theory]
    [InlineData(50256, "gpt2", 50256)]
    [InlineData(100256, "cl100k", 100257)]
    public void LoadRanks_KnownSize_IsCutInItsWay(int count, string name, int endOfText)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, $"{name}.tiktoken");
        File.WriteAllText(path, Ranks(count));
        var tokenizer = (ByteLevelBpe)TokenizerFolder.LoadFile(path);
        Assert.Equal(name == "gpt2" ? PieceCut.Gpt2 : PieceCut.Llama3, tokenizer.Cut);
        Assert.Equal(endOfText, tokenizer.EndOfText);
    }

    [Theory]
    [InlineData("YQ== 97\n", "YQ== 97\nYQ== 9999\n", "once")]
    [InlineData("YQ== 97\n", "YQ== 98\n", "once")]
    [InlineData("YQ== 97\n", "", "61")]
    [InlineData("YQ== 97\n", "Y%== 97\n", "base64")]
    [InlineData("YQ== 97\n", "YQ== 97x\n", "base64")]
    [InlineData("YQ== 97\n", "YQ== -1\n", "base64")]
    [InlineData("YQ== 97\n", "YQ==\n", "base64")]
    [InlineData("YQ== 97\n", "YQ== 16000000\n", "ids below")]
    public void LoadRanks_DamagedFile_IsRefused(string good, string bad, string words)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "x.tiktoken");
        File.WriteAllText(path, Ranks(400).Replace(good, bad, StringComparison.Ordinal));
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadRanks(path, PieceCut.Gpt2));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LoadRanks_UnknownSize_AsksHowTextIsCut()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "x.tiktoken");
        File.WriteAllText(path, Ranks(400));
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadFile(path));
        Assert.Contains("400 ranks", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveRanks_TrainedVocabulary_GivesTheSameIds()
    {
        string corpus = File.ReadAllText(TextFixtures.Require("tokenizers/toy-corpus.txt"));
        ByteLevelBpe trained = BpeTrainer.Train([corpus], new BpeTrainerOptions { VocabSize = 400 });
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "trained.tiktoken");
        TokenizerFolder.SaveRanks(trained, path);
        TextTokenizer loaded = TokenizerFolder.LoadRanks(path, trained.Cut);
        Assert.Equal(trained.Encode(corpus), loaded.Encode(corpus));
        var added = (ByteLevelBpe)TokenizerFolder.LoadFile(
            TextFixtures.Require("tokenizers/toy-neox-style.tokenizer.json"));
        Assert.Equal(added.MergeCount > 0, TrySave(added, path));
    }

    private static bool TrySave(ByteLevelBpe tokenizer, string path)
    {
        try
        {
            TokenizerFolder.SaveRanks(tokenizer, path);
            return true;
        }
        catch (TokenizerException)
        {
            return false;
        }
    }

    private static TextTokenizer Load(string name) =>
        TextFixtures.Find($"tokenizers/{name}.tiktoken") is { } whole
            ? TokenizerFolder.LoadFile(whole)
            : TokenizerFolder.LoadRanks(
                TextFixtures.Require($"tokenizers/{name}-excerpt.tiktoken"), PieceCut.Llama3);

    /// <summary>The bytes in order, then tokens of four bytes that no text has.</summary>
    private static string Ranks(int count)
    {
        var text = new StringBuilder();
        for (int rank = 0; rank < count; rank++)
        {
            byte[] token = rank < 256
                ? [(byte)rank]
                : [0xFF, (byte)(rank >> 16), (byte)(rank >> 8), (byte)rank];
            text.Append(Convert.ToBase64String(token)).Append(' ').Append(rank).Append('\n');
        }
        return text.ToString();
    }
}
