using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;

namespace Inheritune.Tests.Commands;

/// <summary>The verbs one after the other, each on what the one before wrote.</summary>
public sealed class VerbTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Verbs_Chain_EachReadsWhatTheLastWrote()
    {
        var text = TextFile.Write(_folder.Path);
        Do("written:", "prepare", "--data", text, "--out", In("data"), "--vocab-size", "300",
            "--validation-share", "0.1");
        Do("done: 6 steps", [.. Train("a", "--data", In("data"), "--layers", "4")]);
        Do("child block 1 ← reference block 1", "inherit", "--from", In("a"), "--out", In("child"),
            "--layers", "2");
        Assert.True(File.Exists(In("child", "lineage.json")) && File.Exists(In("child", "tokenizer.json")));
        Do("done: 6 steps", [.. Train("b", "--data", In("data"), "--model", In("child"))]);
        Do("2 → 3 blocks", "grow", "--from", In("b"), "--reference", In("a"), "--add", "1", "--out",
            In("grown"));
        Do("2 → 4 blocks", "grow", "--from", In("b"), "--operator", "stack", "--out", In("stacked"));
        Do("2 of 4 blocks", "inherit", "--from", In("a"), "--out", In("last"), "--range", "2..4",
            "--attn-scale-compensation", "query");
        Do("1 of 4 blocks", "inherit", "--from", In("a"), "--out", In("listed"), "--list", "3", "--parts",
            "attention", "--keep", "none");
        Do("layer\tlargest rank", "analyze", "--model", In("grown"), "--data", In("data"), "--out",
            In("analysis"),
            "--analysis-sequences", "4", "--analysis-length", "16");
        Assert.All(
            new[] { "analysis.json", "analysis.csv", "analysis.html" }, f =>
                Assert.True(File.Exists(In("analysis", f)), f));
        Do("tokens/s", "generate", "--model", In("b"), "--prompt", "returns the", "--tokens", "8", "--top-p",
            "0.9");
        Do("[3] returns the", "generate", "--model", In("b"), "--prompt", "returns the", "--tokens", "5", "--samples", "3");
        Do("report:", "report", In("a"));
    }

    [Fact]
    public void Train_StartFromModel_BeginsAtItsLoss()
    {
        var text = TextFile.Write(_folder.Path);
        Do("written:", "prepare", "--data", text, "--out", In("data"), "--vocab-size", "300",
            "--validation-share", "0.1");
        Do("done", [.. Train("a", "--data", In("data"), "--layers", "2")]);
        Do("0 blocks", 1, "inherit", "--from", In("a"), "--out", In("none"), "--range", "1..9");
        Do("2 of 2 blocks", "inherit", "--from", In("a"), "--out", In("same"), "--layers", "2");
        Do("done", [.. Train("b", "--data", In("data"), "--model", In("same"))]);

        var a = File.ReadLines(In("a", "log.jsonl")).Last(
            l => l.Contains("validation_loss", StringComparison.Ordinal));
        var b = File.ReadLines(In("b", "log.jsonl")).First(
            l => l.Contains("validation_loss", StringComparison.Ordinal));
        Assert.Equal(a.Replace("\"step\":6", "\"step\":0", StringComparison.Ordinal), b);
    }

    [Fact]
    public void Generate_SameSeed_SameText()
    {
        var text = TextFile.Write(_folder.Path);
        Do("done", [.. Train(
            "a", "--data", text, "--layers", "1", "--vocab-size", "300", "--validation-share", "0.1")]);
        string[] generate =
            ["generate", "--model", In("a"), "--prompt", "the", "--tokens", "12", "--temperature", "1",
            "--seed", "5"];

        Assert.Equal(FirstLine(CommandRunner.Run(generate).Out), FirstLine(CommandRunner.Run(generate).Out));
        Assert.NotEqual(
            FirstLine(CommandRunner.Run(generate).Out),
            FirstLine(CommandRunner.Run([.. generate[..^1], "6"]).Out));
    }

    [Theory]
    [InlineData(3001)]
    [InlineData(3002)]
    public void Prepare_OneLongText_IsCutBetweenCharacters(int characters)
    {
        File.WriteAllText(In("long.txt"), string.Concat(Enumerable.Repeat("ab 😀 ", 5000)));

        Do("written:", "prepare", "--data", In("long.txt"), "--out", In("data"), "--vocab-size", "280",
            "--max-characters", $"{characters}", "--validation-share", "0.1");

        var cut = File.ReadAllText(In("data-source.jsonl"));
        Assert.InRange(System.Text.Json.Nodes.JsonNode.Parse(cut)!["text"]!.GetValue<string>().Length, 3000, characters);
    }

    [Fact]
    public void Doctor_ThisMachine_NamesDeviceAndText()
    {
        var output = Do("device cpu", "doctor");

        Assert.All(new[] { ".NET", "memory", "default text", "text formats", "CUDA driver" }, w =>
            Assert.Contains(w, output, StringComparison.Ordinal));
    }

    private static string FirstLine(string text) => text.Split('\n')[0];

    private string In(params ReadOnlySpan<string> parts) => _folder.In(parts);

    private string[] Train(string name, params string[] more) =>
    [
        "train", "--out", In(name), "--width", "32", "--heads", "2", "--seq", "32", "--batch", "4", "--steps",
        "6", "--warmup", "1",
        "--eval-every", "3", "--eval-batches", "2", "--threads", "1", .. more,
    ];

    private static string Do(string expected, params string[] args) => Do(expected, 0, args);

    private static string Do(string expected, int expectedCode, params string[] args)
    {
        var (code, output, error) = CommandRunner.Run(args);
        Assert.True(code == expectedCode, $"{string.Join(' ', args)}: exit code {code}: {error}{output}");
        if (expectedCode == 0)
        {
            Assert.Contains(expected, output, StringComparison.Ordinal);
        }

        return output;
    }
}
