using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>
/// Llama 1 and 2, TinyLlama and Sheared-LLaMA against the SentencePiece library and the reference library.
/// The vocabulary is a found tokenizer.model or, in its absence, an excerpt with every piece that can occur
/// in the texts: the other ids get a character that no text has.
/// </summary>
public sealed class GoldenLlama2Tests
{
    private const int PieceCount = 32000;
    private const int FirstMerge = 259;
    private const float LeastScore = -1e9f;

    private static readonly JsonElement Golden = TextFixtures.Json("tokenizers/llama2-spm.json");

    private static readonly Lazy<TextTokenizer> Model = new(LoadModel);

    [Fact]
    public void Encode_AllCases_GivesTheIdsOfSentencePiece()
    {
        int count = 0;
        foreach (JsonElement item in Golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = TextFixtures.Ids(item, "ids");
            Assert.Equal(ids, Model.Value.Encode(text, EncodeOptions.PlainText));
            var fast = new List<int>();
            Model.Value.EncodeUtf8(Encoding.UTF8.GetBytes(text), fast);
            Assert.Equal(ids, fast);
            string decoded = item.GetProperty("decoded").GetString()!;
            Assert.Equal(decoded, Model.Value.Decode(ids));
            Assert.Equal(decoded, GoldenToyTests.Stream(Model.Value, ids));
            InterfaceCheck.VerifyNormalized(Model.Value, text, [.. Model.Value.Encode(text)]);
            count++;
        }
        Assert.Equal(50, count);
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nonlegacy")]
    public void Encode_JsonForm_GivesTheIdsOfTheLibrary(string form)
    {
        TextTokenizer tokenizer = JsonForm(form);
        foreach (JsonElement item in Golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            int[] ids = GoldenSentencePieceTests.JsonIds(item, form);
            Assert.Equal(ids, tokenizer.Encode(text));
            InterfaceCheck.VerifyNormalized(tokenizer, text, ids);
        }
        foreach (JsonElement item in Golden.GetProperty("published_cases").EnumerateArray())
        {
            Assert.Equal(
                GoldenSentencePieceTests.JsonIds(item, form),
                tokenizer.Encode(item.GetProperty("text").GetString()!));
        }
    }

    [Fact]
    public void Encode_PublishedTexts_GivesThePublishedIds()
    {
        foreach (JsonElement item in Golden.GetProperty("published_cases").EnumerateArray())
        {
            int[] ids = TextFixtures.Ids(
                item, item.TryGetProperty("ids_with_bos", out _) ? "ids_with_bos" : "hf_legacy_ids_with_bos");
            Assert.Equal(ids, Model.Value.Encode(item.GetProperty("text").GetString()!));
        }
    }

    [Fact]
    public void Decode_GoldenIds_GivesTheTextOfEitherForm()
    {
        TextTokenizer json = JsonForm("legacy");
        foreach (JsonElement item in Golden.GetProperty("decode_cases").EnumerateArray())
        {
            int[] ids = TextFixtures.Ids(item, "ids");
            string text = item.GetProperty("text").GetString()!;
            Assert.Equal(text, Model.Value.Decode(ids));
            Assert.Equal(text, GoldenToyTests.Stream(Model.Value, ids));
            string fromJson = item.TryGetProperty("text_hf", out JsonElement other) ? other.GetString()! : text;
            Assert.Equal(fromJson, json.Decode(ids, new DecodeOptions(SkipSpecial: true)));
        }
    }

    private static TextTokenizer JsonForm(string form)
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(Model.Value, folder.Path);
        string path = Path.Combine(folder.Path, "tokenizer.json");
        if (form == "nonlegacy")
        {
            string json = File.ReadAllText(path);
            int start = json.IndexOf("\"normalizer\":", StringComparison.Ordinal);
            int end = json.IndexOf("\"post_processor\":", StringComparison.Ordinal);
            File.WriteAllText(path, json[..start]
                + "\"normalizer\":null,\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\u2581\","
                + "\"prepend_scheme\":\"first\",\"split\":false}," + json[end..]);
        }
        return TokenizerFolder.LoadFile(path);
    }

    private static TextTokenizer LoadModel()
    {
        if (TextFixtures.Find("tokenizers/llama2.model") is { } whole)
        {
            return TokenizerFolder.LoadFile(whole);
        }
        JsonElement excerpt = TextFixtures.Json("tokenizers/llama2-excerpt.json");
        Dictionary<int, string> pieces = excerpt.GetProperty("pieces").EnumerateArray()
            .ToDictionary(entry => entry[0].GetInt32(), entry => entry[1].GetString()!);
        ModelFile file = new ModelFile().Head(hasBytes: true).Plain();
        for (int id = FirstMerge; id < PieceCount; id++)
        {
            string piece = pieces.GetValueOrDefault(id) ?? new Rune(0xF0000 + id).ToString();
            bool isSpaces = piece.AsSpan().IndexOfAnyExcept('\u2581') < 0;
            file.Piece(piece, isSpaces ? LeastScore : FirstMerge - id);
        }
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "tokenizer.model");
        File.WriteAllBytes(path, file.ToArray());
        return TokenizerFolder.LoadFile(path);
    }
}
