using System.Diagnostics;
using System.Text;
using Inheritune.Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Damaged files are refused with a message or still work; they never crash, hang or eat memory.</summary>
public sealed class TokenizerFuzzTests : IDisposable
{
    private const string Text = "Hello <s> wor\u00e9ld  \u4f60 12\n@@";

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string, string> Files => new()
    {
        { "toy-spm-llama.model", "x.model" },
        { "toy-spm-norm.model", "x.model" },
        { "toy-llama3-style.tokenizer.json", "tokenizer.json" },
        { "toy-spm-llama.hf-legacy.tokenizer.json", "tokenizer.json" },
        { "llama3-excerpt.tiktoken", "x.tiktoken" },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_CutFile_IsRefusedOrWorks(string fixture, string name)
    {
        byte[] good = File.ReadAllBytes(TextFixtures.Require($"tokenizers/{fixture}"));
        for (int i = 0; i < 60; i++)
        {
            Try(name, good[..(int)((long)good.Length * i / 60)], $"length {(long)good.Length * i / 60}");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_FlippedBits_IsRefusedOrWorks(string fixture, string name)
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[] good = File.ReadAllBytes(TextFixtures.Require($"tokenizers/{fixture}"));
        for (int round = 0; round < 150; round++)
        {
            byte[] bad = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                // The parts with structure, at either end, more often than the vocabulary between.
                int at = random.Next(3) switch
                {
                    0 => random.Next(Math.Min(600, bad.Length)),
                    1 => bad.Length - 1 - random.Next(Math.Min(600, bad.Length)),
                    _ => random.Next(bad.Length),
                };
                bad[at] ^= (byte)(1 << random.Next(8));
            }
            Try(name, bad, $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Load_CharacterMapOfRandomUnits_IsRefusedOrWorks()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            var map = new byte[4 + (4 * random.Next(1, 300)) + random.Next(20)];
            random.NextBytes(map);
            BitConverter.TryWriteBytes(map, (map.Length - 4) / 4 * 4);
            byte[] file = new ModelFile().Head(hasBytes: true).Normalizer(ModelFile.Bytes(2, map))
                .Piece("\u2581").Piece("a").ToArray();
            Try("x.model", file, $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public void Load_HostileFiles_AreRefusedWithoutHugeWork()
    {
        var clock = Stopwatch.StartNew();
        long before = GC.GetTotalAllocatedBytes();
        string deep = string.Concat(Enumerable.Repeat("{\"normalizer\":", 100_000));
        Refuses("tokenizer.json", Encoding.UTF8.GetBytes(deep), "not valid JSON");
        Refuses("tokenizer.json", "[]"u8.ToArray(), "object");
        Refuses(
            "tokenizer.json",
            Encoding.UTF8.GetBytes(
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":16000000},\"merges\":[]}}"),
            "ids below");
        Refuses("x.model", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "length");
        Refuses("x.model", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], "ten bytes");
        Refuses("x.model", [0x0B, 0x0C], "wire type 3");
        Refuses("x.model", ModelFile.Bytes(1, ModelFile.Text(1, "")), "piece 0");
        Refuses("x.model", new ModelFile().Head().Piece("<unk>", 0, 2).ToArray(), "each piece once");
        Refuses("x.model", new ModelFile().Head().Piece("<other>", 0, 2).ToArray(), "one unknown");
        Refuses("x.model", new ModelFile().Piece("a").ToArray(), "one unknown");
        Refuses("x.model", new ModelFile().Head().Trainer(ModelFile.Varint(35, 1)).ToArray(), "256");
        Refuses("x.model", new ModelFile().Head().Trainer(ModelFile.Varint(3, 1)).ToArray(), "unigram");
        Refuses("x.model", new ModelFile().Head().Piece(new string('a', 2000)).ToArray(), "1024");
        Refuses("x.model", new ModelFile().Head().Piece("a", float.NaN).ToArray(), "no number");
        Refuses("x.model", new ModelFile().Head().Piece("a", 0, 9).ToArray(), "type from 1 to 6");
        byte[] denormalizer = ModelFile.Bytes(5, ModelFile.Bytes(2, [1, 2, 3]));
        Refuses("x.model", [.. new ModelFile().Head().ToArray(), .. denormalizer], "denormalizer");
        Refuses(
            "x.model",
            new ModelFile().Head().Normalizer(ModelFile.Bytes(2, [255, 255, 255, 127, 0])).ToArray(), "trie");
        Assert.True(clock.Elapsed.TotalSeconds < 20, $"{clock.Elapsed.TotalSeconds:F1} s");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 200 << 20);
    }

    private void Refuses(string name, byte[] file, string words)
    {
        string path = Path.Combine(_folder.Path, name);
        File.WriteAllBytes(path, file);
        var fault = Assert.Throws<TokenizerException>(() => TokenizerFolder.LoadFile(path));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    private void Try(string name, byte[] file, string place)
    {
        string path = Path.Combine(_folder.Path, name);
        File.WriteAllBytes(path, file);
        try
        {
            TextTokenizer tokenizer = name.EndsWith(".tiktoken", StringComparison.Ordinal)
                ? TokenizerFolder.LoadRanks(path, PieceCut.Llama3)
                : TokenizerFolder.LoadFile(path);
            IReadOnlyList<int> ids = tokenizer.Encode(Text);
            tokenizer.Decode(ids);
            tokenizer.EncodeToTokens(Text, out _);
            tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(Text), []);
            if (!Directory.Exists(Path.Combine(_folder.Path, "saved")))
            {
                TokenizerFolder.Save(tokenizer, Path.Combine(_folder.Path, "saved"));
            }
        }
        catch (TokenizerException)
        {
        }
        catch (Exception fault)
        {
            Assert.Fail($"{place}: {fault}");
        }
    }
}
