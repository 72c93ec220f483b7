using System.Security.Cryptography;
using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data.Codecs;

namespace Engine.Tests.Corpora;

public sealed class CodecTests
{
    private static readonly Dictionary<string, JsonElement> Cases = TextFixtures.Json("data/codecs.json")
        .GetProperty("cases").EnumerateArray()
        .Select((c, i) => (Case: c, Key: $"{c.GetProperty("codec").GetString()} {c.GetProperty("name").GetString()} {i}"))
        .ToDictionary(item => item.Key, item => item.Case);

    public static TheoryData<string> Names() => new(Cases.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Decompress_GoldenStream_GivesItsBytes(string name)
    {
        byte[] packed = Cases[name].GetProperty("base64").GetBytesFromBase64();
        int size = Cases[name].GetProperty("bytes").GetInt32();
        byte[] output = [.. PageCodec.Decompress(Codec(name), packed, size)];
        Assert.Equal(size, output.Length);
        Assert.StartsWith(
            Cases[name].GetProperty("sha256").GetString()!, Convert.ToHexStringLower(SHA256.HashData(output)),
            StringComparison.Ordinal);
        Assert.Throws<DecompressException>(() => PageCodec.Decompress(Codec(name), packed, size + 1));
        if (size > 0)
        {
            Assert.Throws<DecompressException>(() => PageCodec.Decompress(Codec(name), packed, size - 1));
        }
        Assert.Throws<DecompressException>(() => PageCodec.Decompress(Codec(name), packed[..^1], size));
    }

    [Fact]
    public void Decompress_RandomDamage_IsReadOrRefused()
    {
        int seed = Environment.TickCount;
        foreach (Random random in (Random[])[new Random(5), new Random(seed)])
        {
            foreach ((string name, JsonElement item) in Cases)
            {
                byte[] packed = item.GetProperty("base64").GetBytesFromBase64();
                for (int round = 0; round < 12 && packed.Length > 0; round++)
                {
                    byte[] damaged = [.. packed];
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                    try
                    {
                        PageCodec.Decompress(Codec(name), damaged, item.GetProperty("bytes").GetInt32());
                    }
                    catch (DecompressException)
                    {
                        // Refused.
                    }
                    catch (Exception exception)
                    {
                        Assert.Fail($"seed {seed}, {name}: {exception}");
                    }
                }
            }
        }
    }

    private static int Codec(string name) => name.Split(' ')[0] switch
    {
        "snappy" => 1,
        "gzip" => 2,
        "brotli" => 4,
        "zstd" => 6,
        _ => 7,
    };
}
