using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;

namespace Engine.Tests.Corpora;

public sealed class TextFileTests
{
    public static TheoryData<string> Files()
    {
        var names = new TheoryData<string>();
        foreach (JsonProperty file in CorpusGolden.Expected("text").GetProperty("files").EnumerateObject())
        {
            names.Add(file.Name);
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_GoldenFile_GivesItsDocumentOrItsFault(string name)
    {
        Assert.SkipWhen(
            name.EndsWith(".zst", StringComparison.Ordinal), "zstd is not read yet; refused by one line.");
        JsonElement expected = CorpusGolden.Expected("text").GetProperty("files").GetProperty(name);
        string path = CorpusGolden.PathOf("text", name);
        if (!expected.TryGetProperty("refuse", out JsonElement reason))
        {
            CorpusGolden.Compare(expected, CorpusGolden.Read(path, new CorpusOptions()), name);
            return;
        }
        var fault = Assert.Throws<CorpusException>(() => CorpusGolden.Read(path, new CorpusOptions()));
        Assert.Equal(reason.GetString(), fault.Reason);
        if (expected.TryGetProperty("reference_says", out JsonElement says)
            && says.GetString() is { } place && place.StartsWith("byte ", StringComparison.Ordinal))
        {
            // "byte 13 is 0xff"
            string[] words = place.Split(' ');
            Assert.Contains($"byte {words[1]}:", fault.Message, StringComparison.Ordinal);
            Assert.Contains(words[3], fault.Message, StringComparison.OrdinalIgnoreCase);
        }
        if (expected.TryGetProperty("replacing_invalid_bytes", out JsonElement replacing))
        {
            var statistics = new CorpusStatistics();
            var options = new CorpusOptions { ReplacesInvalidUtf8 = true };
            CorpusGolden.Compare(replacing, CorpusGolden.Read(path, options, statistics), name);
            Assert.Equal(replacing.GetProperty("replaced").GetInt64(), statistics.ReplacedBytes);
        }
    }

    [Fact]
    public void Read_Separator_SplitsAndDropsEmptyPieces()
    {
        JsonElement separators = CorpusGolden.Expected("text").GetProperty("separators");
        foreach (JsonProperty file in separators.EnumerateObject())
        {
            foreach (JsonProperty separator in file.Value.EnumerateObject())
            {
                var options = new CorpusOptions { DocumentSeparator = separator.Name };
                CorpusGolden.Compare(
                    separator.Value, CorpusGolden.Read(
                        CorpusGolden.PathOf("text", file.Name), options), file.Name);
            }
        }
    }

    [Fact]
    public void Read_CorruptFiles_AreRefusedWithTheirReason()
    {
        using var folder = new TemporaryFolder();
        int refused = 0;
        int skipped = 0;
        JsonElement cases = TextFixtures.Json("data/corrupt.json").GetProperty("cases");
        foreach (JsonElement item in cases.EnumerateArray())
        {
            string kind = item.GetProperty("kind").GetString()!;
            if (kind == "parquet" || kind.EndsWith(".zst", StringComparison.Ordinal))
            {
                skipped++;
                continue;
            }
            string path = Path.Combine(folder.Path, item.GetProperty("name").GetString() + kind);
            File.WriteAllBytes(path, item.GetProperty("base64").GetBytesFromBase64());
            var fault = Assert.Throws<CorpusException>(() => CorpusGolden.Read(path, new CorpusOptions()));
            List<string> allowed = [item.GetProperty("refuse").GetString()!];
            if (item.TryGetProperty("or", out JsonElement others))
            {
                allowed.AddRange(others.EnumerateArray().Select(other => other.GetString()!));
            }
            Assert.Contains(fault.Reason, allowed);
            refused++;
        }
        Assert.Equal(26, refused);
        // 220 Parquet files and 14 packed with zstd, which are not read yet.
        Assert.Equal(234, skipped);
    }

    [Fact]
    public void Read_FormatsNotReadYet_AreRefusedByOneClearLine()
    {
        foreach (string path in (string[])["tree/sub/c.parquet", "tree/sub-b/h.jsonl.zst"])
        {
            var fault = Assert.Throws<CorpusException>(
                () => CorpusGolden.Read(TextFixtures.Require("data/" + path), new CorpusOptions()));
            Assert.Contains("not read yet", fault.Message, StringComparison.Ordinal);
        }
    }
}
