using System.IO.Compression;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Documents;

namespace Engine.Tests.Corpora;

public sealed class GzipMemberTests
{
    [Fact]
    public void Read_AnyMembers_GivesTheirBytes()
    {
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            using var packed = new MemoryStream();
            using var expected = new MemoryStream();
            for (int member = random.Next(1, 5); member > 0; member--)
            {
                // Empty members end in zeros that look like their own trailer.
                var bytes = new byte[random.Next(4) switch { 0 => 0, 1 => random.Next(100), _ => random.Next(200_000) }];
                if (random.Next(2) == 0)
                {
                    random.NextBytes(bytes);
                }
                expected.Write(bytes);
                using var gzip = new GZipStream(packed, (CompressionLevel)random.Next(3), leaveOpen: true);
                gzip.Write(bytes);
                if (bytes.Length == 0)
                {
                    packed.Write(Convert.FromHexString("1f8b080000000000000303000000000000000000"));
                }
            }
            byte[] good = packed.ToArray();
            Assert.True(expected.ToArray().AsSpan().SequenceEqual(Unpack(good)), $"seed {seed}, round {round}");
            foreach (byte[] damaged in (byte[][])[good[..^1], [.. good, 0], good[..random.Next(17)]])
            {
                Assert.Throws<CorpusException>(() => Unpack(damaged));
            }
        }
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var stream = new GzipMemberStream(new MemoryStream(packed), "test");
        using var output = new MemoryStream();
        stream.CopyTo(output);
        return output.ToArray();
    }
}
