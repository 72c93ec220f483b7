using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>What a tokenizer.json must not get away with.</summary>
public sealed class TokenizerJsonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _good =
        File.ReadAllText(TextFixtures.Require("tokenizers/toy-gpt2-style.tokenizer.json"));

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Lowercase\"}", "Lowercase")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"_\"}", "Prepend")]
    [InlineData("\"pre_tokenizer\":{\"type\":\"ByteLevel\"", "\"pre_tokenizer\":{\"type\":\"Whitespace\"", "Whitespace")]
    [InlineData("\"post_processor\":null", "\"post_processor\":{\"type\":\"RobertaProcessing\"}", "RobertaProcessing")]
    [InlineData("\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"WordPiece\"", "WordPiece")]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "Unigram")]
    [InlineData("\"byte_fallback\":false", "\"byte_fallback\":true", "byte_fallback")]
    [InlineData("\"dropout\":null", "\"dropout\":0.5", "0.5")]
    [InlineData("\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"", "end_of_word_suffix")]
    [InlineData("\"Ġ t\"", "\"Ġ t\",\"Ġ t\"", "twice")]
    [InlineData("\"Ġ t\"", "\"Ġ qqq\"", "qqq")]
    [InlineData("\"Ġ t\"", "\"Ġt\"", "one space")]
    [InlineData("\"Ġ t\"", "[\"Ġ\",\"t\",\"h\"]", "two parts")]
    [InlineData(
        "{\"id\":0,\"content\":\"<|endoftext|>\"", "{\"id\":7,\"content\":\"<|endoftext|>\"", "expected 0")]
    [InlineData("{\"id\":0,\"content\":\"<|endoftext|>\"", "{\"id\":500,\"content\":\"<x>\"", "expected 400")]
    [InlineData("\"!\":1,", "\"!\":1,\"!\":1,", "each key once")]
    [InlineData("\"!\":1,", "\"!\":2,", "unique ids")]
    [InlineData("\"!\":1,", "\"!\":-1,", "id from 0")]
    public void Load_BadPart_IsRefusedByName(string good, string bad, string words)
    {
        Assert.Contains(good, _good, StringComparison.Ordinal);
        int at = _good.IndexOf(good, StringComparison.Ordinal);
        string path = Write(_good[..at] + bad + _good[(at + good.Length)..]);
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadFile(path));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_CutFile_AtAnyPlaceIsRefused()
    {
        for (int length = 0; length < _good.Length - 1; length += 97)
        {
            string path = Write(_good[..length]);
            Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadFile(path));
        }
    }

    [Fact]
    public void Load_UnknownSplitPattern_IsRefusedNotApproximated()
    {
        string text = File.ReadAllText(TextFixtures.Require("tokenizers/toy-llama3-style.tokenizer.json"));
        string path = Write(text.Replace("{1,3}", "{1,2}", StringComparison.Ordinal));
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadFile(path));
        Assert.Contains("{1,2}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderWithoutTokenizer_SaysWhatIsExpected()
    {
        Assert.False(TokenizerFolder.Exists(_folder.Path));
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.Load(_folder.Path));
        Assert.Contains("tokenizer.json", fault.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.Path, "tokenizer.model"), "");
        fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.Load(_folder.Path));
        Assert.Contains("no pieces", fault.Message, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.Path, "tokenizer.json");
        File.WriteAllText(path, text);
        return path;
    }
}
