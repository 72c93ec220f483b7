using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>
/// Small tokenizers in the forms that published files have, and the ids the reference library gives.
/// </summary>
public sealed class GoldenToyTests
{
    private const int AccentedToken = 402;

    public static TheoryData<string> Names =>
        ["gpt2-style", "neox-style", "prefix-space", "added-flags", "llama3-style"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_GoldenTexts_GivesTheirIds(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            string text = item.GetProperty("text").GetString()!;
            IReadOnlyList<int> ids = tokenizer.Encode(text);
            Assert.Equal(TextFixtures.Ids(item, "ids"), ids);
            // The library shows the white space that an added token swallowed; the vocabulary entry has none.
            Assert.Equal(
                TextFixtures.Texts(item, "tokens").Select(token => token.Trim()),
                ids.Select(id => tokenizer.IdToToken(id)!.Trim()));
            if (item.TryGetProperty("ids_without_template", out _))
            {
                Assert.Equal(
                    TextFixtures.Ids(item, "ids_without_template"),
                    tokenizer.Encode(text, new EncodeOptions(false, SpecialTokens.All)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_GoldenIds_GivesTheText(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            int[] ids = TextFixtures.Ids(item, "ids");
            string text = Text(item, "decoded", Text(item, "text", ""));
            if (ids.Contains(AccentedToken) && name == "neox-style")
            {
                // NOTE: two of these cases hold what the library gives, which breaks an added token's accents;
                // the third one says what is right here.
                text = text.Replace("caf\uFFFD", "caf\u00e9", StringComparison.Ordinal);
            }
            Assert.Equal(text, tokenizer.Decode(ids));
            Assert.Equal(
                Text(item, "decoded_skip_special", text),
                tokenizer.Decode(ids, new DecodeOptions(SkipSpecial: true)));
            Assert.Equal(text, Stream(tokenizer, ids));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void InheritedMethods_GoldenTexts_GiveTheSameIds(string name)
    {
        TextTokenizer tokenizer = Load(name);
        foreach (JsonElement item in Cases(name))
        {
            InterfaceCheck.Verify(
                tokenizer, item.GetProperty("text").GetString()!, TextFixtures.Ids(item, "ids"));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SaveAndLoad_ToyTokenizers_GiveTheSameIdsAndBytes(string name)
    {
        TextTokenizer tokenizer = Load(name);
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(tokenizer, folder.Path);
        Assert.True(TokenizerFolder.Exists(folder.Path));
        TextTokenizer loaded = TokenizerFolder.Load(folder.Path);
        string again = Path.Combine(folder.Path, "again");
        TokenizerFolder.Save(loaded, again);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder.Path, "tokenizer.json")),
            File.ReadAllBytes(Path.Combine(again, "tokenizer.json")));
        File.Delete(Path.Combine(again, "tokenizer.json"));
        foreach (JsonElement item in Cases(name))
        {
            Assert.Equal(TextFixtures.Ids(item, "ids"), loaded.Encode(item.GetProperty("text").GetString()!));
        }
        if (name == "gpt2-style")
        {
            TextTokenizer fromLists = TokenizerFolder.Load(again);
            foreach (JsonElement item in Cases(name))
            {
                Assert.Equal(
                    TextFixtures.Ids(item, "ids"), fromLists.Encode(item.GetProperty("text").GetString()!));
            }
            Assert.Equal(0, fromLists.EndOfText);
        }
    }

    internal static TextTokenizer Load(string name) =>
        TokenizerFolder.LoadFile(TextFixtures.Require($"tokenizers/toy-{name}.tokenizer.json"));

    private static JsonElement.ArrayEnumerator Cases(string name)
    {
        JsonElement cases = TextFixtures.Json("tokenizers/toy-bpe.json").GetProperty(name);
        Assert.Equal(62, cases.GetArrayLength());
        return cases.EnumerateArray();
    }

    private static string Text(JsonElement item, string name, string missing) =>
        item.TryGetProperty(name, out JsonElement value) ? value.GetString()! : missing;

    internal static string Stream(TextTokenizer tokenizer, IEnumerable<int> ids)
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        return string.Concat(ids.Select(decoder.Add)) + decoder.Flush();
    }
}
