using System.Text;
using System.Text.Json;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class PieceScannerTests
{
    [Fact]
    public void Scanners_GoldenTexts_CutAsThePatternsDo()
    {
        JsonElement golden = TextFixtures.Json("tokenizers/pretokenize.json");
        Assert.Equal(Gpt2Scanner.Pattern, golden.GetProperty("patterns").GetProperty("gpt2").GetString());
        Assert.Equal(Llama3Scanner.Pattern, golden.GetProperty("patterns").GetProperty("llama3").GetString());
        int count = 0;
        foreach (JsonElement item in golden.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            Assert.Equal(TextFixtures.Texts(item, "gpt2"), Cut<Gpt2Scanner>(text));
            Assert.Equal(TextFixtures.Texts(item, "llama3"), Cut<Llama3Scanner>(text));
            count++;
        }
        Assert.Equal(60, count);
    }

    [Fact]
    public void ByteAlphabet_AllBytes_MatchesTheTable()
    {
        int[] map = TextFixtures.Ids(TextFixtures.Json("tokenizers/byte-to-unicode.json"), "map");
        Assert.Equal(256, map.Length);
        for (int value = 0; value < 256; value++)
        {
            Assert.Equal((char)map[value], ByteAlphabet.ToChar((byte)value));
            Assert.Equal([(byte)value], ByteAlphabet.ToBytes(((char)map[value]).ToString())!);
        }
        Assert.Equal((byte)'!', ByteAlphabet.BytesInOrder[0]);
        Assert.Equal((byte)' ', ByteAlphabet.BytesInOrder[220]);
        Assert.Equal((byte)0, ByteAlphabet.BytesInOrder[188]);
        Assert.Null(ByteAlphabet.ToBytes(" "));
    }

    [Fact]
    public void Scanner_AstralLetters_AreLetters()
    {
        Assert.Equal(["x𝒳y"], Cut<Gpt2Scanner>("x𝒳y"));
        Assert.Equal(["x𝒳y"], Cut<Llama3Scanner>("x𝒳y"));
    }

    [Fact]
    public void PreTokenizer_AnyText_SlicesToThePieces()
    {
        const string text = "I'm 𝒳 – déjà  vu\n\n 12345!";
        IEnumerable<string> pieces = ScannerPreTokenizer<Gpt2Scanner>.Instance.PreTokenize(text)
            .Select(piece => text.Substring(piece.Offset, piece.Length));
        Assert.Equal(Cut<Gpt2Scanner>(text), pieces);
    }

    private static List<string> Cut<TScanner>(string text)
        where TScanner : struct, IPieceScanner
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var pieces = new List<string>();
        for (int start = 0; start < utf8.Length;)
        {
            int end = TScanner.Next(utf8, start);
            pieces.Add(Encoding.UTF8.GetString(utf8, start, end - start));
            start = end;
        }
        return pieces;
    }
}
