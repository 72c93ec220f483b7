using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>GPT-NeoX (Pythia, MPT) from its tokenizer.json, against the reference library's ids.</summary>
public sealed class GoldenNeoxTests
{
    private static readonly Lazy<TextTokenizer> Neox =
        new(() => TokenizerFolder.LoadFile(TextFixtures.Find("tokenizers/neox-20b.tokenizer.json")!));

    private readonly JsonElement _golden = TextFixtures.Json("tokenizers/neox-20b.json");

    public GoldenNeoxTests()
    {
        TextFixtures.Require("tokenizers/neox-20b.tokenizer.json");
    }

    [Fact]
    public void Encode_AllCases_GivesTheirIds()
    {
        int count = 0;
        foreach (JsonElement item in _golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, Neox.Value.Encode(text));
            Assert.Equal(Composition.Compose(text), Neox.Value.Decode(ids));
            InterfaceCheck.Verify(Neox.Value, text, ids);
            count++;
        }
        Assert.Equal(50, count);
        Assert.Equal(50277, Neox.Value.VocabSize);
        Assert.Equal(0, Neox.Value.EndOfText);
    }

    [Fact]
    public void EncodeUtf8_AllCases_GivesTheIdsOfPlainText()
    {
        foreach (JsonElement item in _golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            var ids = new List<int>();
            Neox.Value.EncodeUtf8(Encoding.UTF8.GetBytes(text), ids);
            Assert.Equal(Neox.Value.Encode(text, EncodeOptions.PlainText), ids);
        }
    }

    [Fact]
    public void Decode_GoldenIds_GivesTheText()
    {
        foreach (JsonElement item in _golden.GetProperty("decode_cases").EnumerateArray())
        {
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(item.GetProperty("text").GetString(), Neox.Value.Decode(ids));
            Assert.Equal(
                item.GetProperty("text_skip_special").GetString(),
                Neox.Value.Decode(ids, new DecodeOptions(SkipSpecial: true)));
        }
    }
}
