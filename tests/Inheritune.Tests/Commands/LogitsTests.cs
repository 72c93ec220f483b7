using System.Text.Json;
using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;
using Inheritune.Tests.Support;

namespace Inheritune.Tests.Commands;

public sealed class LogitsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string> Folders =>
        new(Fixtures.FoldersWith("checkpoints", "expected.json").Select(folder => Path.GetFileName(folder)).Distinct());

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Folders))]
    public void Logits_OfEveryFamily_AreTheGoldenOnes(string name)
    {
        var folder = Fixtures.Find("checkpoints/" + name);
        var output = Path.Combine(_folder.Path, "logits.json");
        var (code, _, error) = CommandRunner.Run(
            "logits", "--model", folder, "--tokens", Path.Combine(folder, "expected.json"), "--gradients", "--out", output);
        Assert.True(code == 0, error);
        using var actual = JsonDocument.Parse(File.ReadAllText(output));
        using var expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));
        JsonElement a = actual.RootElement, e = expected.RootElement;
        Assert.Equal(e.GetProperty("parameter_count").GetInt64(), a.GetProperty("parameter_count").GetInt64());
        Assert.Equal(e.GetProperty("loss").GetDouble(), a.GetProperty("loss").GetDouble(), 5e-6);
        AssertClose(Numbers(e.GetProperty("logits")), Numbers(a.GetProperty("logits")), 2e-5);
        foreach (var tensor in e.GetProperty("gradients").EnumerateObject())
        {
            var mine = a.GetProperty("gradients").EnumerateObject()
                .Single(t => t.Name == tensor.Name || t.Name.EndsWith("." + tensor.Name, StringComparison.Ordinal));
            var l2 = tensor.Value.GetProperty("l2").GetDouble();
            foreach (var key in (string[])["l2", "sum", "dot_index"])
            {
                Assert.Equal(
                    tensor.Value.GetProperty(key).GetDouble(), mine.Value.GetProperty(key).GetDouble(), 1e-4 * l2 + 1e-6);
            }
        }
    }

    [Fact]
    public void Logits_OneList_LogProbabilitiesAreThoseOfTheLogits()
    {
        var tokens = Path.Combine(_folder.Path, "ids.json");
        File.WriteAllText(tokens, "[1, 5, 2, 7]");
        var (code, text, error) = CommandRunner.Run("logits", "--model", Fixtures.Find("checkpoints/tiny-opt"), "--tokens", tokens);
        Assert.True(code == 0, error);
        using var json = JsonDocument.Parse(text);
        var logits = json.RootElement.GetProperty("logits")[0];
        var logProbabilities = Numbers(json.RootElement.GetProperty("log_probabilities")[0]);
        Assert.Equal(4, logits.GetArrayLength());
        int[] next = [5, 2, 7];
        for (var p = 0; p < 3; p++)
        {
            var row = Numbers(logits[p]);
            Assert.Equal(row[next[p]] - Math.Log(row.Sum(Math.Exp)), logProbabilities[p], 1e-6);
        }

        Assert.Equal(-logProbabilities.Average(), json.RootElement.GetProperty("loss").GetDouble(), 1e-9);
        Assert.False(json.RootElement.TryGetProperty("gradients", out _));
    }

    [Theory]
    [InlineData("[]", "expected at least one token")]
    [InlineData("[1, \"a\"]", "expected token ids")]
    [InlineData("{", "expected token ids")]
    [InlineData("[1, 13]", "expected an id below the vocabulary size 13, got 13")]
    [InlineData("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "16 positions")]
    public void Logits_WrongTokens_AreOneLine(string ids, string expected)
    {
        var tokens = Path.Combine(_folder.Path, "ids.json");
        File.WriteAllText(tokens, ids);
        var (code, _, error) = CommandRunner.Run("logits", "--model", Fixtures.Find("checkpoints/tiny-opt"), "--tokens", tokens);
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }

    private static double[] Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Numbers)]
        : [element.GetDouble()];
}
