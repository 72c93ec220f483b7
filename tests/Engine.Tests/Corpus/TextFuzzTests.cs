using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;

namespace Engine.Tests.Corpora;

/// <summary>Damaged text files, plain and packed, are read or refused by name, and need little memory.</summary>
public sealed class TextFuzzTests
{
    [Theory]
    [InlineData("jsonl", 17)]
    [InlineData("jsonl", 0)]
    [InlineData("text", 18)]
    [InlineData("text", 0)]
    public void Read_RandomDamage_IsReadOrRefusedByName(string set, int seed)
    {
        seed = seed == 0 ? Environment.TickCount : seed;
        var random = new Random(seed);
        string folder = Path.GetDirectoryName(CorpusGolden.PathOf(set, "expected.json"))!;
        (string Name, byte[] Bytes)[] files =
        [
            .. Directory.GetFiles(folder).Where(path => !path.EndsWith("expected.json", StringComparison.Ordinal))
                .Select(path => (Path.GetFileName(path), File.ReadAllBytes(path)))
                .Where(file => file.Item2.Length is > 0 and < 20_000),
        ];
        Assert.True(files.Length > 15);
        using var temporary = new TemporaryFolder();
        for (int round = 0; round < 600; round++)
        {
            (string name, byte[] good) = files[random.Next(files.Length)];
            byte[] bytes = round % 4 == 0 ? good[..random.Next(good.Length)] : [.. good];
            for (int flips = round % 4 == 0 || bytes.Length == 0 ? 0 : random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
            string path = Path.Combine(temporary.Path, name);
            File.WriteAllBytes(path, bytes);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                CorpusGolden.Read(path, new CorpusOptions { SkipsBadRecords = round % 2 == 0 });
            }
            catch (CorpusException)
            {
                // Refused by name.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}, {name}: {exception}");
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64L << 20);
            File.Delete(path);
        }
    }

    [Fact]
    public void Open_DamagedTokenFiles_AreReadOrRefusedByName()
    {
        int seed = Environment.TickCount;
        foreach (Random random in (Random[])[new Random(19), new Random(seed)])
        {
            using var temporary = new TemporaryFolder();
            string path = Path.Combine(temporary.Path, "a.bin");
            foreach (string name in (string[])["tokens-llmc-gpt2.bin", "tokens-llmc-llama3.bin", "tokens-nanogpt.bin"])
            {
                byte[] good = File.ReadAllBytes(TextFixtures.Require("checkpoints/" + name));
                for (int round = 0; round < 100; round++)
                {
                    byte[] bytes = round % 4 == 0 ? good[..random.Next(good.Length)] : [.. good];
                    if (round % 4 != 0)
                    {
                        bytes[random.Next(Math.Min(bytes.Length, 40))] ^= (byte)(1 << random.Next(8));
                    }
                    File.WriteAllBytes(path, bytes);
                    try
                    {
                        var kind = (TokenFileKind)random.Next(3);
                        TokenShard.Open(path, 200_000, kind).Dispose();
                    }
                    catch (TokenFileException)
                    {
                        // Refused by name.
                    }
                    catch (Exception exception)
                    {
                        Assert.Fail($"seed {seed}, round {round}, {name}: {exception}");
                    }
                }
            }
        }
    }
}
