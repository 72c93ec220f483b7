using System.Text.Json;
using Engine.Tests.Tokenizers;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Documents;

namespace Engine.Tests.Corpora;

public sealed class CorpusFolderTests
{
    private readonly JsonElement _expected = CorpusGolden.Expected("tree");
    private readonly string _root = Path.GetDirectoryName(CorpusGolden.PathOf("tree", "expected.json"))!;

    [Fact]
    public void Find_Folder_GivesTheGoldenOrder()
    {
        var statistics = new CorpusStatistics();
        List<CorpusFile> files = CorpusFiles.Find([_root], statistics);
        Assert.Equal(TextFixtures.Texts(_expected, "order"), Names(files));
        // Hidden folders count as one name each only by their files, which are not looked at.
        Assert.Equal(5, statistics.SkippedFiles);
    }

    [Fact]
    public void Find_Globs_GiveTheGoldenMatches()
    {
        foreach (JsonProperty glob in _expected.GetProperty("globs").EnumerateObject())
        {
            string[] expected = [.. glob.Value.EnumerateArray().Select(name => name.GetString()!)];
            string pattern = Path.Combine(_root, glob.Name);
            if (expected.Length == 0)
            {
                Assert.Throws<CorpusException>(() => CorpusFiles.Find([pattern], new CorpusStatistics()));
                continue;
            }
            List<CorpusFile> files = CorpusFiles.Find([pattern], new CorpusStatistics());
            Assert.Equal(
                expected, files.Select(file => Path.GetRelativePath(_root, file.Path).Replace('\\', '/'))
                .Where(name => name != "expected.json"));
        }
    }

    [Fact]
    public void Read_EveryTreeFile_GivesItsDocuments()
    {
        foreach (CorpusFile file in CorpusFiles.Find([_root], new CorpusStatistics()))
        {
            if (file.Name != "expected.json")
            {
                string[] expected = TextFixtures.Texts(_expected.GetProperty("documents"), file.Name);
                Assert.Equal(
                    expected, CorpusFileReader.Read(file, new CorpusOptions(), new CorpusStatistics()));
            }
        }
    }

    [Theory]
    [InlineData("README.md", "kind")]
    [InlineData("notes.csv", "kind")]
    [InlineData("absent.txt", "missing")]
    public void Find_UnusableName_IsRefused(string name, string reason)
    {
        var fault = Assert.Throws<CorpusException>(
            () => CorpusFiles.Find([Path.Combine(_root, name)], new CorpusStatistics()));
        Assert.Equal(reason, fault.Reason);
    }

    [Fact]
    public void Documents_NullAndEmpty_AreDroppedAndCounted()
    {
        var statistics = new CorpusStatistics();
        string path = CorpusGolden.PathOf("jsonl", "unusual-json.jsonl");
        List<string> documents = [.. Corpus.Documents(new CorpusOptions { Paths = [path] }, statistics)];
        Assert.Equal(1, statistics.NullDocuments);
        Assert.Equal(documents.Count, statistics.Documents);
        Assert.DoesNotContain("", documents);
        Assert.Equal(9, documents.Count + statistics.NullDocuments + statistics.EmptyDocuments);
    }

    [Fact]
    public void SdkDocumentation_Installed_IsEnglishTextInAFixedOrder()
    {
        Assert.SkipUnless(SdkDocumentation.IsAvailable, "No .NET SDK with documentation is installed.");
        List<string> documents = [.. SdkDocumentation.Documents().Take(300)];
        Assert.Equal(documents, SdkDocumentation.Documents().Take(300));
        Assert.All(documents, document => Assert.InRange(document.Length, 1, 200_000));
        string all = string.Concat(documents);
        Assert.DoesNotContain("<see", all, StringComparison.Ordinal);
        Assert.DoesNotContain("  ", all, StringComparison.Ordinal);
        Assert.DoesNotContain("`1", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("T:System.Collections.Generic.List`1", "List")]
    [InlineData("M:System.Collections.Generic.List`1.Add(`0)", "List.Add")]
    [InlineData("M:System.String.#ctor(System.Char[])", "String constructor")]
    [InlineData("M:System.Decimal.op_Addition(System.Decimal,System.Decimal)", "Decimal Addition operator")]
    [InlineData("P:System.Array.System#Collections#IList#Item(System.Int32)", "Array.Item")]
    [InlineData("N:System.Text.Json", "System.Text.Json")]
    public void MemberName_DocumentationId_ReadsAsPeopleWriteIt(string id, string expected)
    {
        Assert.Equal(expected, MemberName.Short(id));
    }

    private static IEnumerable<string> Names(IEnumerable<CorpusFile> files) =>
        files.Select(file => file.Name).Where(name => name != "expected.json");
}
