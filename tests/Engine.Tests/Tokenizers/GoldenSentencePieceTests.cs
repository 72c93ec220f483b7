using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Small SentencePiece models and the ids that the SentencePiece library gives.</summary>
public sealed class GoldenSentencePieceTests
{
    private static readonly JsonElement Golden = TextFixtures.Json("tokenizers/toy-spm.json");

    public static TheoryData<string> Models => ["toy-spm-llama", "toy-spm-norm", "toy-spm-noprefix"];

    [Theory]
    [MemberData(nameof(Models))]
    public void Encode_GoldenTexts_GivesTheirIds(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, tokenizer.Encode(text, EncodeOptions.PlainText));
            var fast = new List<int>();
            tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(text), fast);
            Assert.Equal(ids, fast);
            fast.Clear();
            tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(text), fast);
            Assert.Equal(ids, fast);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Decode_GoldenIds_GivesTheText(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            int[] ids = TextFixtures.Ids(item, "ids");
            string text = item.GetProperty("decoded").GetString()!;
            Assert.Equal(text, tokenizer.Decode(ids));
            Assert.Equal(text, GoldenToyTests.Stream(tokenizer, ids));
        }
    }

    [Fact]
    public void Normalizer_GoldenTexts_GivesTheNormalizedText()
    {
        TextTokenizer tokenizer = Load("toy-spm-norm");
        foreach (JsonElement item in Cases("toy-spm-norm"))
        {
            Assert.Equal(
                item.GetProperty("normalized").GetString(),
                tokenizer.Normalizer!.Normalize(item.GetProperty("text").GetString()!));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void InheritedMethods_GoldenTexts_GiveTheSameIds(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            string text = item.GetProperty("text").GetString()!;
            InterfaceCheck.VerifyNormalized(tokenizer, text, [.. tokenizer.Encode(text)]);
        }
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nonlegacy")]
    public void Encode_JsonForm_GivesTheLibrarysIds(string form)
    {
        TextTokenizer tokenizer = TokenizerFolder.LoadFile(
            TextFixtures.Require($"tokenizers/toy-spm-llama.hf-{form}.tokenizer.json"));
        foreach (JsonElement item in Cases("toy-spm-llama"))
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = JsonIds(item, form);
            Assert.Equal(ids, tokenizer.Encode(text));
            InterfaceCheck.VerifyNormalized(tokenizer, text, ids);
            // The library decodes with special tokens skipped.
            string decoded = tokenizer.Decode(ids, new DecodeOptions(SkipSpecial: true));
            Assert.Equal(decoded, Stream(tokenizer, ids));
            if (form == "legacy" && !text.Contains('<', StringComparison.Ordinal))
            {
                Assert.Equal(item.GetProperty("decoded").GetString(), decoded);
            }
        }
    }

    [Fact]
    public void SaveAndLoad_PlainModel_WritesTheGoldenMergesAndGivesTheSameIds()
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(Load("toy-spm-llama"), folder.Path);
        string json = Path.Combine(folder.Path, "tokenizer.json");
        string golden = TextFixtures.Require("tokenizers/toy-spm-llama.hf-legacy.tokenizer.json");
        using JsonDocument written = JsonDocument.Parse(File.ReadAllBytes(json));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(golden));
        Assert.True(JsonElement.DeepEquals(expected.RootElement, written.RootElement));
        TextTokenizer loaded = TokenizerFolder.Load(folder.Path, verifies: true);
        File.Delete(json);
        TextTokenizer fromModel = TokenizerFolder.Load(folder.Path);
        Assert.Equal(2, loaded.EndOfText);
        Assert.Equal(2, fromModel.EndOfText);
        foreach (JsonElement item in Cases("toy-spm-llama"))
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, loaded.Encode(text, EncodeOptions.PlainText));
            Assert.Equal([1, .. ids], fromModel.Encode(text, new EncodeOptions(true, SpecialTokens.None)));
        }
    }

    [Fact]
    public void Load_ModelThatRemovesSpaces_GoesBeforeTokenizerJson()
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(Load("toy-spm-norm"), folder.Path);
        Assert.False(File.Exists(Path.Combine(folder.Path, "tokenizer.json")));
        File.Copy(
            TextFixtures.Require("tokenizers/toy-spm-llama.hf-legacy.tokenizer.json"),
            Path.Combine(folder.Path, "tokenizer.json"));
        JsonElement item = Cases("toy-spm-norm").First(c => c.GetProperty("name").GetString() == "hello_world");
        Assert.Equal(
            TextFixtures.Ids(item, "ids"),
            TokenizerFolder.Load(folder.Path).Encode("Hello world", EncodeOptions.PlainText));
    }

    [Fact]
    public void Load_FilesOfTwoModels_AreRefusedWhenVerified()
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(Load("toy-spm-noprefix"), folder.Path);
        File.Copy(
            TextFixtures.Require("tokenizers/toy-spm-llama.hf-legacy.tokenizer.json"),
            Path.Combine(folder.Path, "tokenizer.json"));
        TokenizerFolder.Load(folder.Path);
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.Load(folder.Path, verifies: true));
        Assert.Contains("another model", fault.Message, StringComparison.Ordinal);
    }

    internal static int[] JsonIds(JsonElement item, string form) =>
        item.TryGetProperty($"hf_{form}_ids_with_bos", out _)
            ? TextFixtures.Ids(item, $"hf_{form}_ids_with_bos")
            : item.TryGetProperty("ids_with_bos", out _)
                ? TextFixtures.Ids(item, "ids_with_bos")
                : [1, .. TextFixtures.Ids(item, "ids")];

    internal static string Stream(TextTokenizer tokenizer, IEnumerable<int> ids)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder(new DecodeOptions(SkipSpecial: true));
        return string.Concat(ids.Select(decoder.Add)) + decoder.Flush();
    }

    internal static TextTokenizer Load(string name) =>
        TokenizerFolder.LoadFile(TextFixtures.Require($"tokenizers/{name}.model"));

    private static JsonElement.ArrayEnumerator Cases(string name)
    {
        Assert.Equal(65, Golden.GetProperty(name).GetArrayLength());
        return Golden.GetProperty(name).EnumerateArray();
    }
}
