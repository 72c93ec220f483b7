using System.Text.Json;
using Inheritune.Engine.Data;

namespace Engine.Tests.Corpora;

public sealed class JsonLinesTests
{
    public static TheoryData<string> Files()
    {
        var names = new TheoryData<string>();
        foreach (JsonProperty file in CorpusGolden.Expected("jsonl").GetProperty("files").EnumerateObject())
        {
            names.Add(file.Name);
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_GoldenFile_GivesItsDocumentsOrItsFault(string name)
    {
        JsonElement expected = CorpusGolden.Expected("jsonl").GetProperty("files").GetProperty(name);
        string path = CorpusGolden.PathOf("jsonl", name);
        var options = new CorpusOptions { TextColumn = Key(expected) };
        if (!expected.TryGetProperty("refuse", out JsonElement reason))
        {
            CorpusGolden.Compare(expected, CorpusGolden.Read(path, options), name);
            return;
        }
        var fault = Assert.Throws<CorpusException>(() => CorpusGolden.Read(path, options));
        Assert.Equal(reason.GetString(), fault.Reason);
        Assert.Contains(path, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        if (expected.TryGetProperty("line", out JsonElement line))
        {
            Assert.Equal(line.GetInt64(), fault.Line);
        }
        if (expected.TryGetProperty("skipping_bad_lines", out JsonElement skipping))
        {
            var statistics = new CorpusStatistics();
            List<string?> documents =
                CorpusGolden.Read(path, options with { SkipsBadRecords = true }, statistics);
            CorpusGolden.Compare(skipping, documents, name);
            Assert.Equal(skipping.GetProperty("skipped").GetArrayLength(), statistics.BadRecords);
            Assert.Equal(statistics.BadRecords, statistics.FirstBadRecords.Count);
        }
    }

    [Fact]
    public void Read_MissingKey_ListsTheKeysThatAreThere()
    {
        string path = CorpusGolden.PathOf("jsonl", "missing-everywhere.jsonl");
        var fault = Assert.Throws<CorpusException>(
            () => CorpusGolden.Read(path, new CorpusOptions { TextColumn = "body" }));
        Assert.Contains("keys: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("--text-column", fault.Message, StringComparison.Ordinal);
    }

    private static string Key(JsonElement expected) =>
        expected.TryGetProperty("key", out JsonElement key) ? key.GetString()! : "text";
}
