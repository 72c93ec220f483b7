using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Documents;

namespace Engine.Tests.Corpora;

/// <summary>Compares documents with what an expected.json says of them.</summary>
internal static class CorpusGolden
{
    public static JsonElement Expected(string set) => TextFixtures.Json($"data/{set}/expected.json");

    public static string PathOf(string set, string name) => TextFixtures.Require($"data/{set}/{name}");

    public static List<string?> Read(string path, CorpusOptions options, CorpusStatistics? statistics = null)
    {
        statistics ??= new CorpusStatistics();
        CorpusFile file = Assert.Single(CorpusFiles.Find([path], statistics));
        return [.. CorpusFileReader.Read(file, options, statistics)];
    }

    public static void Compare(JsonElement expected, IReadOnlyList<string?> documents, string name)
    {
        int count = expected.GetProperty("count").GetInt32();
        Assert.True(count == documents.Count, $"{name}: {documents.Count} documents");
        if (expected.TryGetProperty("nulls", out JsonElement nulls))
        {
            Assert.Equal(nulls.GetInt32(), documents.Count(document => document is null));
        }
        Assert.Equal(
            expected.GetProperty("bytes").GetInt64(),
            documents.Sum(document => (long)Encoding.UTF8.GetByteCount(document ?? "")));
        Assert.True(expected.GetProperty("sha256").GetString() == HashOf(documents), $"{name}: other text");
    }

    /// <summary>SHA-256 over length and bytes of every document; a null has the length 0xFFFFFFFF.</summary>
    public static string HashOf(IEnumerable<string?> documents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string? document in documents)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(document ?? "");
            var length = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(
                length, document is null ? uint.MaxValue : (uint)bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
