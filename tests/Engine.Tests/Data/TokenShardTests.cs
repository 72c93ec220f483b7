using System.Buffers.Binary;
using System.Text.Json;
using Engine.Tests.Training;
using Inheritune.Engine.Data;

namespace Engine.Tests.Data;

public sealed class TokenShardTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_GoldenFiles_GivesTheirTokens()
    {
        foreach (var file in TrainingFixtures.Files("checkpoints/tokens-expected.json"))
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var golden in json.RootElement.EnumerateObject())
            {
                var kind = golden.Name.Contains("nanogpt", StringComparison.Ordinal) ? TokenFileKind.NanoGpt
                    : TokenFileKind.Llmc;
                using var shard = TokenShard.Open(Path.Combine(Path.GetDirectoryName(file)!, golden.Name),
                    128256, kind);
                Assert.Equal(golden.Value.EnumerateArray().Select(id => id.GetInt32()), ReadAll(shard));
            }
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(65536)]
    [InlineData(65537)]
    [InlineData(200000)]
    public void Writer_AnyVocabulary_RoundTripsByteForByte(int vocabSize)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var ids = Enumerable.Range(0, 70001).Select(_ => random.Next(vocabSize)).ToArray();
        ids[5] = vocabSize - 1;
        using (var writer = new TokenShardWriter(_folder["a.bin"], vocabSize))
        {
            for (var start = 0; start < ids.Length;)
            {
                var count = Math.Min(random.Next(9000), ids.Length - start);
                writer.Append(ids.AsSpan(start, count));
                start += count;
            }

            Assert.False(File.Exists(_folder["a.bin"]));
            writer.Complete();
        }

        TokenShardWriter.Write(_folder["b.bin"], vocabSize, ids);
        using var shard = TokenShard.Open(_folder["a.bin"], vocabSize);
        Assert.True(ids.AsSpan().SequenceEqual(ReadAll(shard)), $"seed {seed}");
        Assert.Equal(vocabSize <= 65536 ? 2 : 4, shard.TokenBytes);
        Assert.Equal(File.ReadAllBytes(_folder["a.bin"]), File.ReadAllBytes(_folder["b.bin"]));
        Assert.Equal(2, Directory.GetFiles(_folder.Path).Length);
    }

    [Fact]
    public void Read_AnyRange_EqualsThePartAndLeavesTheRest()
    {
        int[] ids = [.. Enumerable.Range(0, 1000).Select(i => i * 65)];
        TokenShardWriter.Write(_folder["a.bin"], 65000, ids);
        using var shard = TokenShard.Open(_folder["a.bin"], 65000);
        for (var length = 1; length < 70; length += 3)
        {
            var buffer = new int[length + 2];
            buffer.AsSpan().Fill(-7);
            shard.Read(1000 - length - 5, buffer.AsSpan(1, length));
            Assert.Equal(ids.AsSpan(1000 - length - 5, length), buffer.AsSpan(1, length));
            Assert.Equal((-7, -7), (buffer[0], buffer[^1]));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(999, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(-1, new int[2]));
    }

    [Fact]
    public void Open_IdOutsideTheVocabulary_NamesFilePositionAndId()
    {
        var ids = new int[300];
        ids[17] = 5021;
        TokenShardWriter.Write(_folder["train.bin"], 50257, ids);

        var error = Assert.Throws<TokenFileException>(() => TokenShard.Open(_folder["train.bin"], 2048));

        Assert.Equal(
            "train.bin: token 5021 at position 17: expected below the model's V=2048. The shard was made "
            + "with another "
            + "tokenizer. Run prepare again with this model's tokenizer.", error.Message);
        using var fits = TokenShard.Open(_folder["train.bin"], 5022);
    }

    [Fact]
    public void Open_EveryPositionOutsideTheVocabulary_IsFound()
    {
        for (var position = 0; position < 40; position++)
        {
            var ids = new int[40];
            ids[position] = 10;
            TokenShardWriter.Write(_folder["a.bin"], 100, ids);
            var error = Assert.Throws<TokenFileException>(() => TokenShard.Open(_folder["a.bin"], 10));
            Assert.Contains($"token 10 at position {position}:", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_EveryTruncation_IsANamedError()
    {
        TokenShardWriter.Write(_folder["a.bin"], 100, [1, 2, 3, 4]);
        var bytes = File.ReadAllBytes(_folder["a.bin"]);
        for (var length = 0; length < bytes.Length; length += length < 1000 ? 101 : 1)
        {
            File.WriteAllBytes(_folder["cut.bin"], bytes[..length]);
            var error = Assert.Throws<TokenFileException>(() => TokenShard.Open(_folder["cut.bin"], 100));
            Assert.StartsWith("cut.bin: size: expected", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_EveryFlippedBitOfTheHeader_IsANamedError()
    {
        TokenShardWriter.Write(_folder["a.bin"], 100, [1, 2, 3, 4]);
        var bytes = File.ReadAllBytes(_folder["a.bin"]);
        for (var bit = 0; bit < 96; bit++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(_folder["flip.bin"], damaged);
            var error = Assert.Throws<TokenFileException>(() => TokenShard.Open(_folder["flip.bin"], 100));
            Assert.Matches("^flip.bin: (magic|version|token count|size): expected .*, got .*", error.Message);
        }
    }

    [Fact]
    public void Open_RandomBytes_NeverCrashes()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(3000)];
            random.NextBytes(bytes);
            if (i % 2 == 0 && bytes.Length > 12)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes, i % 4 == 0 ? 20240520 : 20240801);
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), i % 4 == 0 ? 1 : 7);
            }

            File.WriteAllBytes(_folder["x.bin"], bytes);
            foreach (var kind in Enum.GetValues<TokenFileKind>())
            {
                try
                {
                    TokenShard.Open(_folder["x.bin"], 40000, kind).Dispose();
                }
                catch (TokenFileException e)
                {
                    Assert.StartsWith("x.bin: ", e.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void Open_NanoGptOfOddSize_SaysSo()
    {
        File.WriteAllBytes(_folder["a.bin"], new byte[7]);
        var error = Assert.Throws<TokenFileException>(() =>
            TokenShard.Open(_folder["a.bin"], 10, TokenFileKind.NanoGpt));
        Assert.StartsWith("a.bin: size: expected a positive multiple of 2 bytes, got 7.", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFile_SaysWhatToDo()
    {
        var error = Assert.Throws<TokenFileException>(() => TokenShard.Open(_folder["none.bin"], 10));
        Assert.EndsWith(
            "none.bin: token file: expected a file, got none. Check the path, or run prepare to make "
            + "it.", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileCutWhileOpen_IsANamedError()
    {
        TokenShardWriter.Write(_folder["a.bin"], 100, new int[500]);
        using var shard = TokenShard.Open(_folder["a.bin"], 100);
        using (var file = File.OpenHandle(_folder["a.bin"], FileMode.Open, FileAccess.Write,
            FileShare.ReadWrite))
        {
            RandomAccess.SetLength(file, 1100);
        }

        var error = Assert.Throws<TokenFileException>(() => shard.Read(400, new int[50]));
        Assert.Contains("Another program changed the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Writer_NotCompleted_LeavesNothing()
    {
        using (var writer = new TokenShardWriter(_folder["a.bin"], 10))
        {
            writer.Append(new int[100000]);
        }

        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Writer_FullDisk_SaysSoAndLeavesNothing()
    {
        using var writer = new TokenShardWriter(_folder["a.bin"], 10, new FullStream());
        var error = Assert.Throws<TokenFileException>(() => writer.Append(new int[100000]));
        Assert.Contains("cannot be written. No space left on device", error.Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Writer_IdOutsideTheVocabulary_IsRefused()
    {
        using var writer = new TokenShardWriter(_folder["a.bin"], 10);
        Assert.Throws<TokenFileException>(() => writer.Append([3, 10]));
        Assert.Throws<TokenFileException>(() => writer.Append([-1]));
    }

    private static int[] ReadAll(TokenShard shard)
    {
        var ids = new int[shard.Count];
        shard.Read(0, ids);
        return ids;
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) =>
            throw new IOException("No space left on device");
    }
}
