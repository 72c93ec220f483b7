using Inheritune.Cli;

namespace Inheritune.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--learnig-rate: unknown option; nearest is --learning-rate.", "run", "--learnig-rate", "3")]
    [InlineData("--learnig-rate: unknown option; nearest is --learning-rate.", "run", "--learnig-rate=3")]
    [InlineData("--step: unknown option; nearest is --steps.", "run", "recipe.json", "--step", "3")]
    [InlineData("trian: unknown command; nearest is train.", "trian")]
    [InlineData("--steps: expected a whole number from 1 to 1000000000 steps, got '0'.", "run", "--steps",
        "0")]
    [InlineData("--steps: expected a whole number from 1 to 1000000000 steps, got '-5'.", "run", "--steps",
        "-5")]
    [InlineData("--steps: expected a whole number from 1 to 1000000000 steps, got '1.5'.", "run", "--steps",
        "1.5")]
    [InlineData("--tolerance: expected a number from 0 to 100 nats, got 'NaN'.", "run", "--tolerance", "NaN")]
    [InlineData("--steps: expected a value, got nothing.", "run", "--steps")]
    [InlineData("--steps: is there twice. Give it once.", "run", "--steps", "5", "--steps", "6")]
    [InlineData("b: unexpected argument of run. Try inheritune run --help.", "run", "a", "b")]
    [InlineData("--mode: expected one of reinherit, continue, got 'continu'; nearest is continue.", "run",
        "--mode", "continu")]
    [InlineData("--start-layers: expected at most 4 (--layers), got 9.", "run", "--layers", "4",
        "--start-layers", "9")]
    [InlineData("--warmup: expected at most 10 (--steps), got 11. Lower --warmup.", "run", "--steps", "10",
        "--warmup", "11")]
    [InlineData("--heads: 3 does not divide --width 128. Choose a divisor of the width.", "run", "--heads",
        "3")]
    [InlineData("--baselines: none excludes the others. Leave one of them out.", "run", "--baselines",
        "none,random")]
    public void CommandLine_Wrong_OneClearLineAndExitCode2(string expected, params string[] args)
    {
        var (code, output, error) = CommandRunner.Run(args);

        Assert.Equal(expected + Environment.NewLine, error);
        Assert.Equal(2, code);
        Assert.Empty(output);
    }

    [Fact]
    public void CommandLine_MaxLayersAboveReference_Refused()
    {
        var (code, _, error) = CommandRunner.Run("run", "--layers", "4", "--max-layers", "6");

        Assert.Equal(2, code);
        Assert.StartsWith("--max-layers: expected at most 4", error, StringComparison.Ordinal);
    }

    [Fact]
    public void CommandLine_Nothing_NamesTheCommands()
    {
        var (code, _, error) = CommandRunner.Run();

        Assert.Equal(2, code);
        Assert.All(Application.Verbs, v => Assert.Contains(v.Name, error, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(VerbNames))]
    public void Help_EveryVerb_HasEveryOptionWithDefaultAndRange(string verb)
    {
        var (code, output, error) = CommandRunner.Run(verb, "--help");

        Assert.Equal(0, code);
        Assert.Empty(error);
        var spec = Application.Verbs.Single(v => v.Name == verb);
        Assert.All(spec.Options, o =>
        {
            Assert.Contains(o.Flag, output, StringComparison.Ordinal);
            Assert.Contains(o.Meaning[..Math.Min(20, o.Meaning.Length)], output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Options_EveryDefault_PassesItsOwnCheck() =>
        Assert.All(Application.Verbs.SelectMany(v => v.Options).Where(o => o.Default.Length > 0), o =>
            o.Check(o.Default, o.Flag));

    [Fact]
    public void Options_EveryVerb_NamesAreUnique() =>
        Assert.All(Application.Verbs, v =>
            Assert.Equal(v.Options.Count, v.Options.Select(o => o.Name).Distinct().Count()));

    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("learnig", "learning", 1)]
    [InlineData("trian", "train", 1)]
    [InlineData("", "abc", 3)]
    public void Nearest_Edits_AreCounted(string a, string b, int edits)
    {
        Assert.Equal(edits, Nearest.Edits(a, b));
        Assert.Equal(edits, Nearest.Edits(b, a));
    }

    [Fact]
    public void Nearest_NothingNear_IsNull() => Assert.Null(Nearest.Find("--zzzzzz", ["--steps", "--out"]));

    public static TheoryData<string> VerbNames() => [.. Application.Verbs.Select(v => v.Name)];
}
