using System.Diagnostics;
using System.Text;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class ByteLevelBpeTests
{
    private static readonly TextTokenizer Toy =
        TokenizerFolder.LoadFile(TextFixtures.Find("tokenizers/toy-gpt2-style.tokenizer.json")!);

    private static readonly TextTokenizer Llama3 =
        TokenizerFolder.LoadFile(TextFixtures.Find("tokenizers/toy-llama3-style.tokenizer.json")!);

    [Fact]
    public void DecodeEncode_RandomRunesOfAllPlanes_IsTheText()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 500; round++)
        {
            string text = RandomText(random);
            foreach (TextTokenizer tokenizer in (TextTokenizer[])[Toy, Llama3, new ByteTokenizer()])
            {
                IReadOnlyList<int> ids = tokenizer.Encode(text, EncodeOptions.PlainText);
                Assert.True(text == tokenizer.Decode(ids), $"seed {seed}, round {round}");
                var fast = new List<int>();
                tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(text), fast);
                Assert.True(ids.SequenceEqual(fast), $"seed {seed}, round {round}: the fast path differs");
            }
        }
    }

    [Fact]
    public void InheritedMethods_RandomText_AgreeWithBruteForce()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 50; round++)
        {
            string text = RandomText(random);
            InterfaceCheck.Verify(Toy, text, [.. Toy.Encode(text)]);
            InterfaceCheck.Verify(Llama3, text, [.. Llama3.Encode(text)]);
        }
    }

    [Fact]
    public void StreamingDecoder_RandomIds_ConcatenatesToDecode()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(40)).Select(_ => random.Next(Toy.VocabSize))];
            Assert.True(Toy.Decode(ids) == GoldenToyTests.Stream(Toy, ids), $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Encode_LoneSurrogate_IsTheReplacementCharacter()
    {
        Assert.Equal("a\uFFFDb", Toy.Decode(Toy.Encode("a\uD800b")));
    }

    [Theory]
    [InlineData('a')]
    [InlineData(' ')]
    [InlineData('\u00e9')]
    public void Encode_OneMillionOfOneCharacter_StaysNearLinear(char character)
    {
        string text = new(character, 1_000_000);
        var clock = Stopwatch.StartNew();
        var ids = new List<int>();
        Toy.EncodeUtf8(Encoding.UTF8.GetBytes(text), ids);
        Assert.Equal(text, Toy.Decode(ids));
        // A quadratic method would need many minutes.
        Assert.True(clock.Elapsed.TotalSeconds < 20, $"{clock.Elapsed.TotalSeconds:F1} s");
    }

    [Fact]
    public void Encode_LongPieces_MergeAsTheDirectScanDoes()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        var merger = new PieceMerger(((ByteLevelBpe)Toy).Vocabulary);
        for (int round = 0; round < 200; round++)
        {
            byte[] piece = new byte[random.Next(33, 120)];
            for (int i = 0; i < piece.Length; i++)
            {
                piece[i] = (byte)"the word token  and"[random.Next(19)];
            }
            merger.Merge(piece, false, false);
            Assert.True(NaiveMerge(piece).SequenceEqual(merger.Ids.ToArray()), $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Encode_Concurrently_GivesTheSameIds()
    {
        string[] texts = [.. Enumerable.Range(0, 64).Select(i => RandomText(new Random(i)))];
        int[][] expected = [.. texts.Select(text => Toy.Encode(text).ToArray())];
        Parallel.For(0, 2000, i => Assert.Equal(expected[i % 64], Toy.Encode(texts[i % 64])));
    }

    [Fact]
    public void Special_NoneAllAndSet_DecideWhatIsAControlToken()
    {
        const string text = "a<|begin_of_text|>b<|end_of_text|>";
        Assert.DoesNotContain(401, Encode(SpecialTokens.None));
        Assert.Equal([401, 402], Encode(SpecialTokens.All).Where(id => id > 400));
        Assert.Equal([402], Encode(SpecialTokens.Only("<|end_of_text|>")).Where(id => id > 400));
        Assert.Equal(402, Llama3.EndOfText);

        IReadOnlyList<int> Encode(SpecialTokens special) =>
            Llama3.Encode(text, new EncodeOptions(false, special));
    }

    [Fact]
    public void Decode_IdWithoutText_IsNothingOrAnError()
    {
        Assert.Equal("", Toy.Decode([Toy.VocabSize, -1]));
        var fault = Assert.Throws<TokenizerException>(
            () => Toy.Decode([Toy.VocabSize], new DecodeOptions(IsStrict: true)));
        Assert.Contains("400", fault.Message, StringComparison.Ordinal);
        Assert.Null(Toy.IdToToken(400));
        Assert.Null(Toy.TokenToId("no such entry"));
        Assert.Equal(0, Toy.TokenToId("<|endoftext|>"));
    }

    [Fact]
    public void ByteTokenizer_SaveAndLoad_IsAByteTokenizer()
    {
        using var folder = new TemporaryFolder();
        TokenizerFolder.Save(new ByteTokenizer(), folder.Path);
        TextTokenizer loaded = TokenizerFolder.Load(folder.Path);
        Assert.IsType<ByteTokenizer>(loaded);
        Assert.Equal([0xC3, 0xA9, 256], loaded.Encode("é<|endoftext|>"));
    }

    private static List<int> NaiveMerge(byte[] piece)
    {
        BpeVocabulary vocabulary = ((ByteLevelBpe)Toy).Vocabulary;
        List<int> ids = [.. piece.Select(value => vocabulary.ByteIds[value])];
        while (true)
        {
            int best = -1, bestRank = int.MaxValue, bestId = -1;
            for (int i = 0; i + 1 < ids.Count; i++)
            {
                int rank = vocabulary.Pairs.Rank(ids[i], ids[i + 1], out int id);
                if (rank < bestRank)
                {
                    (best, bestRank, bestId) = (i, rank, id);
                }
            }
            if (best < 0)
            {
                return ids;
            }
            ids[best] = bestId;
            ids.RemoveAt(best + 1);
        }
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (int count = random.Next(40); count > 0; count--)
        {
            text.Append(random.Next(6) switch
            {
                0 => " ",
                1 => "'s the word",
                2 => ((char)random.Next(1, 128)).ToString(),
                3 => "\r\n  \t",
                4 => RandomRune(random, 0x3000),
                _ => RandomRune(random, 0x110000),
            });
        }
        return text.ToString();
    }

    private static string RandomRune(Random random, int limit)
    {
        while (true)
        {
            if (Rune.TryCreate(random.Next(limit), out Rune rune))
            {
                return rune.ToString();
            }
        }
    }
}
