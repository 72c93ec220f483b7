using System.Diagnostics;
using System.Text;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class SentencePieceBpeTests
{
    private static readonly string[] Fragments =
    [
        " ", "  ", "\u2581", "\n", "\n\n", "\t", "the", " the", "word", "he", "e", "\u00e9", "\u4f60", "\U0001F600",
        "<s>", "<0x41>", "12", ".", "@@", "<sep>", "\ufb01", "\u3000", "\u00a0", "a\u2581 b", " \u2581",
    ];

    [Theory]
    [InlineData("toy-spm-llama.model")]
    [InlineData("toy-spm-noprefix.model")]
    [InlineData("toy-spm-norm.model")]
    public void Encode_RandomText_MergesAsTheRuleSays(string file)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var tokenizer = (SentencePieceBpe)TokenizerFolder.LoadFile(TextFixtures.Require($"tokenizers/{file}"));
        for (int round = 0; round < 300; round++)
        {
            string text = RandomText(random);
            List<int> expected = Naive(tokenizer, tokenizer.Normalizer!.Normalize(text));
            Verify(tokenizer, text, expected, $"seed {seed}, round {round}");
        }
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nonlegacy")]
    public void EncodeUtf8_RandomText_GivesTheIdsOfPlainText(string form)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        TextTokenizer tokenizer = TokenizerFolder.LoadFile(
            TextFixtures.Require($"tokenizers/toy-spm-llama.hf-{form}.tokenizer.json"));
        for (int round = 0; round < 300; round++)
        {
            string text = RandomText(random);
            IReadOnlyList<int> ids = tokenizer.Encode(text, EncodeOptions.PlainText);
            Verify(tokenizer, text, ids, $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void EncodeUtf8_LongDocument_CrossesChunksUnchanged()
    {
        TextTokenizer tokenizer = GoldenSentencePieceTests.Load("toy-spm-llama");
        string text = string.Concat(Enumerable.Repeat("the word  and\nmore ", 3000))
            + new string('x', 40_000) + " " + new string(' ', 20_000) + "end";
        Verify(tokenizer, text, tokenizer.Encode(text, EncodeOptions.PlainText), "long");
    }

    [Fact]
    public void Encode_InvalidBytes_AreReplacementCharacters()
    {
        TextTokenizer model = GoldenSentencePieceTests.Load("toy-spm-llama");
        TextTokenizer json = TokenizerFolder.LoadFile(
            TextFixtures.Require("tokenizers/toy-spm-llama.hf-legacy.tokenizer.json"));
        byte[] bytes = [(byte)'a', 0xE2, 0x82, (byte)'b'];
        Assert.Equal("a\uFFFD\uFFFDb", Decode(model));
        Assert.Equal("a\uFFFDb", Decode(json));

        string Decode(TextTokenizer tokenizer)
        {
            var ids = new List<int>();
            tokenizer.EncodeUtf8(bytes, ids);
            return tokenizer.Decode(ids);
        }
    }

    [Fact]
    public void Encode_UnusedPieces_AreSplitAgain()
    {
        // "ab" is unused: it may be part of "abc", but alone it is a and b again.
        TextTokenizer tokenizer = Load(new ModelFile().Head().Plain(hasPrefix: false)
            .Piece("\u2581", -9).Piece("a", -9).Piece("b", -9).Piece("c", -9)
            .Piece("ab", -1, kind: 5).Piece("abc", -2));
        Assert.Equal([4, 5], tokenizer.Encode("ab", EncodeOptions.PlainText));
        Assert.Equal([8], tokenizer.Encode("abc", EncodeOptions.PlainText));
        Assert.Equal([4, 5, 3, 8], tokenizer.Encode("ab abc", EncodeOptions.PlainText));
    }

    [Fact]
    public void Encode_CharactersThatAreOnlyParts_StillMerge()
    {
        TextTokenizer tokenizer = Load(new ModelFile().Head(hasBytes: true).Plain(hasPrefix: false)
            .Piece("\u2581", -9).Piece("xy", -1));
        Assert.Equal([260], tokenizer.Encode("xy", EncodeOptions.PlainText));
        Assert.Equal([3 + 'x', 3 + 'z'], tokenizer.Encode("xz", EncodeOptions.PlainText));
    }

    [Fact]
    public void Encode_SpaceAsSuffixAndUnknownRuns_FollowTheModel()
    {
        TextTokenizer tokenizer = Load(new ModelFile().Head().Trainer(ModelFile.Varint(24, 1))
            .Normalizer(ModelFile.Varint(4, 0)).Piece("\u2581", -9).Piece("a", -8));
        Assert.Equal([4, 3], tokenizer.Encode("a", EncodeOptions.PlainText));
        Assert.Equal([0, 4, 3], tokenizer.Encode("xyza", EncodeOptions.PlainText));
        Assert.Equal(" \u2047 a", tokenizer.Decode([0, 4]));
    }

    [Fact]
    public void Special_InModel_CountsOnlyWhenAllowed()
    {
        TextTokenizer tokenizer = GoldenSentencePieceTests.Load("toy-spm-llama");
        Assert.Contains(2, tokenizer.Encode("a</s>", new EncodeOptions(false, SpecialTokens.All)));
        Assert.DoesNotContain(2, tokenizer.Encode("a</s>", EncodeOptions.PlainText));
        Assert.Equal(1, tokenizer.Encode("a")[0]);
        Assert.Equal("<s>", tokenizer.IdToToken(1));
        Assert.Equal(1, tokenizer.TokenToId("<s>"));
        Assert.Equal("", tokenizer.Decode([tokenizer.VocabSize]));
        Assert.Throws<TokenizerException>(
            () => tokenizer.Decode([tokenizer.VocabSize], new DecodeOptions(IsStrict: true)));
    }

    [Fact]
    public void StreamingDecoder_RandomIds_ConcatenatesToDecode()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        foreach (string name in (string[])["toy-spm-llama", "toy-spm-norm", "toy-spm-noprefix"])
        {
            TextTokenizer tokenizer = GoldenSentencePieceTests.Load(name);
            for (int round = 0; round < 200; round++)
            {
                int[] ids =
                    [.. Enumerable.Range(0, random.Next(30)).Select(_ => random.Next(tokenizer.VocabSize))];
                Assert.True(
                    tokenizer.Decode(ids) == GoldenToyTests.Stream(tokenizer, ids), $"seed {seed}, round {round}");
            }
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("ab ")]
    public void Encode_AMillionCharacters_StaysNearLinear(string part)
    {
        string text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));
        var clock = Stopwatch.StartNew();
        TextTokenizer tokenizer = GoldenSentencePieceTests.Load("toy-spm-llama");
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, EncodeOptions.PlainText)));
        // A quadratic method would need many minutes.
        Assert.True(clock.Elapsed.TotalSeconds < 20, $"{clock.Elapsed.TotalSeconds:F1} s");
    }

    private static void Verify(
        TextTokenizer tokenizer, string text, IReadOnlyList<int> expected, string place)
    {
        Assert.True(expected.SequenceEqual(tokenizer.Encode(text, EncodeOptions.PlainText)), place);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        for (int pass = 0; pass < 2; pass++)
        {
            var ids = new List<int>();
            tokenizer.EncodeUtf8(utf8, ids);
            Assert.True(expected.SequenceEqual(ids), $"{place}: the fast path differs on \"{text}\"");
        }
    }

    private static TextTokenizer Load(ModelFile file)
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "x.model");
        File.WriteAllBytes(path, file.ToArray());
        return TokenizerFolder.LoadFile(path);
    }

    /// <summary>The rule itself: best score, leftmost among equals, over the whole text.</summary>
    private static List<int> Naive(SentencePieceBpe tokenizer, string normalized)
    {
        SentencePieceModel model = tokenizer.Definition.Model!;
        Dictionary<string, int> ids = Enumerable.Range(0, model.Pieces.Count)
            .Where(id => model.Pieces[id].IsMergeable).ToDictionary(id => model.Pieces[id].Text);
        string[] fixedPieces = [.. model.Pieces.Where(piece => piece.Kind == PieceKind.UserDefined)
            .Select(piece => piece.Text).OrderByDescending(text => text.Length)];
        var symbols = new List<(string Text, bool IsFrozen)>();
        for (int at = 0; at < normalized.Length;)
        {
            string? known = fixedPieces.FirstOrDefault(
                piece => string.CompareOrdinal(normalized, at, piece, 0, piece.Length) == 0);
            string symbol = known ?? Rune.GetRuneAt(normalized, at).ToString();
            symbols.Add((symbol, known is not null));
            at += symbol.Length;
        }
        while (true)
        {
            int best = -1;
            float bestScore = float.NegativeInfinity;
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (!symbols[i].IsFrozen && !symbols[i + 1].IsFrozen
                    && ids.TryGetValue(symbols[i].Text + symbols[i + 1].Text, out int id)
                    && model.Pieces[id].Score > bestScore)
                {
                    (best, bestScore) = (i, model.Pieces[id].Score);
                }
            }
            if (best < 0)
            {
                return Ids(symbols.Select(symbol => symbol.Text), ids, tokenizer);
            }
            symbols[best] = (symbols[best].Text + symbols[best + 1].Text, false);
            symbols.RemoveAt(best + 1);
        }
    }

    private static List<int> Ids(
        IEnumerable<string> symbols, Dictionary<string, int> ids, SentencePieceBpe tokenizer)
    {
        SentencePieceModel model = tokenizer.Definition.Model!;
        var result = new List<int>();
        bool isAfterUnknown = false;
        foreach (string symbol in symbols)
        {
            bool isUnknown = !ids.TryGetValue(symbol, out int id);
            if (!isUnknown)
            {
                result.Add(id);
            }
            else if (model.HasByteFallback)
            {
                result.AddRange(Encoding.UTF8.GetBytes(symbol).Select(b => tokenizer.TokenToId($"<0x{b:X2}>")!.Value));
            }
            else if (!isAfterUnknown)
            {
                result.Add(model.UnknownId);
            }
            isAfterUnknown = isUnknown;
        }
        return result;
    }

    private static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(25)).Select(_ => Fragments[random.Next(Fragments.Length)]));
}
