using Inheritune.Cli;
using Inheritune.Reports;
using Inheritune.Tests.Cli;

namespace Inheritune.Tests.Runs;

/// <summary>Whole runs of a tiny recipe in this process.</summary>
public sealed class SmokeRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_TinyText_WritesEverything()
    {
        var text = TextFile.Write(_folder.Path);

        var (code, output, error) = CommandRunner.Run([.. Args(text, "run"), "--threads", "1"]);

        Assert.True(code == 0, error + output);
        Assert.Contains("device: cpu", output, StringComparison.Ordinal);
        Assert.Contains("memory: ", output, StringComparison.Ordinal);
        Assert.Contains(
            "rounds: reference 4 blocks → child 2, then 4 blocks", output, StringComparison.Ordinal);
        Assert.All(
            new[]
            {
                "recipe.json", "result.json", "report.html", "analysis/reference.json",
                "analysis/reference.csv",
                "reference/log.jsonl", "child-1/log.jsonl", "random/log.jsonl", "random-2x/log.jsonl",
            },
            f => Assert.True(File.Exists(_folder.In("run", f)), f));
        var result = Load("run");
        Assert.All(result.Models, m =>
            Assert.True(m.FinalLosses.Count == 4 && m.FinalLosses.All(double.IsFinite), m.Name));
        Assert.Equal(2, result.Analyses.Count);
        Assert.NotEmpty(result.Samples);
        Assert.Equal(40, result.Models.Single(m => m.Name == "random-2x").Steps);
        Assert.Empty(Directory.EnumerateFiles(_folder.In("run"), "*.tmp*", SearchOption.AllDirectories));

        // Training learns: every model ends below where random weights begin.
        double start = result.Models[0].Validation[0].Loss;
        Assert.All(result.Models, m => Assert.True(m.Validation[^1].Loss < start, m.Name));
    }

    [Fact]
    public void Run_TwoThreadsAndAgain_SameBits()
    {
        var text = TextFile.Write(_folder.Path);
        Assert.Equal(0, CommandRunner.Run([.. Args(text, "one"), "--threads", "1"]).Code);
        Assert.Equal(0, CommandRunner.Run([.. Args(text, "two"), "--threads", "2"]).Code);
        var one = RunFiles.Fingerprint(_folder.In("one"));

        Assert.Equal(one, RunFiles.Fingerprint(_folder.In("two")));

        var (code, output, _) = CommandRunner.Run([.. Args(text, "one"), "--threads", "2"]);
        Assert.Equal(0, code);
        Assert.Contains("stages: everything is done", output, StringComparison.Ordinal);
        Assert.Equal(one, RunFiles.Fingerprint(_folder.In("one")));

        var other = CommandRunner.Run([.. Args(text, "one"), "--learning-rate", "0.001"]);
        Assert.Equal(1, other.Code);
        Assert.Contains("learning-rate is 0.002 there and 0.001 here", other.Error, StringComparison.Ordinal);

        Assert.Equal(
            0, CommandRunner.Run(
            "report", _folder.In("one"), _folder.In("two"), "--out", _folder.In("c.html")).Code);
        Assert.Contains("2 runs compared", File.ReadAllText(_folder.In("c.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Stopped_GoesOnWithTheSameBits()
    {
        var text = TextFile.Write(_folder.Path);
        Assert.Equal(0, CommandRunner.Run(Args(text, "whole")).Code);
        int stops = 0;
        while (true)
        {
            // Each time a few lines of progress later: in every stage, whatever the speed of the machine.
            using var stop = new CancellationTokenSource();
            using var output = new StoppingWriter(stop, lines: 7 + (3 * stops));
            using var error = new StringWriter();
            if (Application.Run(Args(text, "stopped"), new Session(output, output, false, stop.Token), error) == 0)
            {
                break;
            }

            Assert.True(error.ToString().StartsWith("stopped", StringComparison.Ordinal), $"{error}{output}");
            stops++;
        }

        Assert.True(stops > 2, $"stopped {stops} times");
        Assert.Equal(RunFiles.Fingerprint(_folder.In("whole")), RunFiles.Fingerprint(_folder.In("stopped")));
    }

    [Fact]
    public void Run_Continue_GrowsTheChild()
    {
        // A tolerance of 0 and a reference that learns far faster than its children force a second round.
        var text = TextFile.Write(_folder.Path);
        var (code, output, error) = CommandRunner.Run(
            [.. Args(text, "b"), "--mode", "continue", "--tolerance", "0", "--learning-rate", "0.0001",
                "--min-learning-rate", "0.0001", "--baselines", "none"]);

        Assert.True(code == 0, error + output);
        var result = Load("b");
        Assert.All(result.Rounds, r => Assert.Contains("blocks 0–", r.Origin, StringComparison.Ordinal));
        Assert.All(result.Models.Where(m => m.Role == "child"), m => Assert.True(m.Validation[0].Loss < 8));
    }

    private RunResult Load(string name) =>
        ResultJson.Read(File.ReadAllText(_folder.In(name, "result.json")), name);

    private string[] Args(string text, string name) =>
        ["run", "--preset", "smoke", "--data", text, "--out", _folder.In(name), "--steps", "20"];
}
