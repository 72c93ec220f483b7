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
}
