using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>GPT-2 itself, from its merge list, against the ids on which four implementations agree.</summary>
public sealed class GoldenGpt2Tests
{
    private static readonly Lazy<TextTokenizer> Gpt2 =
        new(() => TokenizerFolder.LoadGpt2(TextFixtures.Find("tokenizers/gpt2-vocab.bpe")!));

    private readonly JsonElement _golden = TextFixtures.Json("tokenizers/gpt2-r50k.json");

    public GoldenGpt2Tests()
    {
        TextFixtures.Require("tokenizers/gpt2-vocab.bpe");
    }

    [Fact]
    public void Encode_AllCases_GivesTheirIds()
    {
        TextTokenizer gpt2 = Gpt2.Value;
        Assert.Equal(50257, gpt2.VocabSize);
        Assert.Equal(50256, gpt2.EndOfText);
        int count = 0;
        foreach (JsonElement item in _golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            int[] special =
                item.TryGetProperty("ids_special", out _) ? TextFixtures.Ids(item, "ids_special") : ids;
            Assert.Equal(ids, gpt2.Encode(text, EncodeOptions.PlainText));
            Assert.Equal(special, gpt2.Encode(text));
            Assert.Equal(text, gpt2.Decode(ids));
            Assert.Equal(text, gpt2.Decode(special));
            var fast = new List<int>();
            gpt2.EncodeUtf8(System.Text.Encoding.UTF8.GetBytes(text), fast);
            Assert.Equal(ids, fast);
            InterfaceCheck.Verify(gpt2, text, special);
            count++;
        }
        Assert.Equal(50, count);
    }

    [Fact]
    public void Decode_BytesAndSpecials_MatchTheGoldens()
    {
        foreach (JsonElement item in _golden.GetProperty("decode_cases").EnumerateArray())
        {
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(
                item.GetProperty(
                    "bytes_hex").GetString(), Convert.ToHexStringLower(Gpt2.Value.DecodeBytes(ids)));
            Assert.Equal(item.GetProperty("text").GetString(), Gpt2.Value.Decode(ids));
            Assert.Equal(
                item.GetProperty("text_skip_special").GetString(),
                Gpt2.Value.Decode(ids, new DecodeOptions(SkipSpecial: true)));
        }
    }

    [Fact]
    public void StreamingDecoder_GoldenIds_ReleasesTheirChunks()
    {
        foreach (JsonElement item in _golden.GetProperty("stream_cases").EnumerateArray())
        {
            StreamingDecoder decoder = Gpt2.Value.CreateStreamingDecoder();
            string[] chunks = [.. TextFixtures.Ids(item, "ids").Select(decoder.Add), decoder.Flush()];
            Assert.Equal(TextFixtures.Texts(item, "chunks"), chunks);
        }
    }

    [Fact]
    public void Save_Gpt2_LoadsFromEitherFormWithTheSameIds()
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(Gpt2.Value, folder.Path);
        TextTokenizer fromJson = TokenizerFolder.Load(folder.Path);
        File.Delete(Path.Combine(folder.Path, "tokenizer.json"));
        TextTokenizer fromLists = TokenizerFolder.Load(folder.Path);
        const string text = "The quick brown fox can't jump 12345 times<|endoftext|>  é 😀";
        Assert.Equal(Gpt2.Value.Encode(text), fromJson.Encode(text));
        Assert.Equal(Gpt2.Value.Encode(text), fromLists.Encode(text));
        Assert.Equal(50256, fromLists.EndOfText);
    }
}
