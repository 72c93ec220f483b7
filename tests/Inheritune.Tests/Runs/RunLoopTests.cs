using Inheritune.Cli;
using Inheritune.Reports;
using Inheritune.Runs;

namespace Inheritune.Tests.Runs;

public sealed class RunLoopTests
{
    [Fact]
    public void Loop_SecondChildMatches_GrowsOnce()
    {
        var work = new FakeWork((model, _) => model == "child-1" ? 4.5 : model == "child-2" ? 4.0 : 4.2);
        var result = Run(work);

        Assert.Equal(["Grow", "Matched"], result.Rounds.Select(r => r.Verdict));
        Assert.Equal([8, 4, 6, 6, 6], result.Models.Select(m => m.Layers));
        Assert.All(result.Models, m => Assert.Equal(8, m.FinalLosses.Count));
        Assert.Equal(5, result.Samples.Count);
        Assert.Equal(result.Stages.Count, work.Saved.Count);
    }

    [Fact]
    public void Loop_NothingMatches_EndsAtTheDepthOfTheReference()
    {
        var result = Run(new FakeWork((model, _) => model == "reference" ? 4.0 : 5.0));

        Assert.Equal([4, 6, 8], result.Rounds.Select(r => r.Layers));
        Assert.All(result.Rounds, r => Assert.Equal("Grow", r.Verdict));
    }

    [Fact]
    public void Loop_Unclear_DoublesTheBatchesUpToTheWholeSet()
    {
        // The difference swings by ±1 around 0.005: never clear, so all 64 batches are used and the mean
        // decides.
        var notices = new List<string>();
        var result = Run(
            new FakeWork((model, batch) => model == "reference" ? 4 : 4.005 + (batch % 2 == 0 ? 1 : -1)),
            notices);

        Assert.Equal(
            (64, false, "Matched"),
            (result.Rounds[0].Batches, result.Rounds[0].IsClear, result.Rounds[0].Verdict));
        Assert.Equal(2, notices.Count(n => n.Contains("twice the batches", StringComparison.Ordinal)));
        Assert.Contains("undecided", result.Rounds[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("train-reference")]
    [InlineData("train-child-2")]
    [InlineData("train-random-2x")]
    public void Loop_FailsInAnyStage_GoesOnWithTheSameResult(string stage)
    {
        double Loss(string model, int batch) => model == "child-1" ? 4.5 : 4.0 + (0.001 * (batch % 3));
        var whole = Run(new FakeWork(Loss)) with { Name = "" };

        var work = new FakeWork(Loss) { FailsAt = stage };
        var result = new RunResult();
        var loop = new RunLoop(
            RoundPlanTests.Resolve(("layers", "8"), ("steps", "50")), work, work, _ => { });
        Assert.Throws<IOException>(() => loop.Run(result, () => { }));
        result = ResultJson.Read(ResultJson.Write(result), "result.json");
        loop.Run(result, () => { });

        Assert.Equal(ResultJson.Write(whole), ResultJson.Write(result));
        Assert.Equal(2, work.Did.Count(d => d == stage));
        Assert.All(work.Did.Where(d => d != stage), d => Assert.Single(work.Did, d));
    }

    [Fact]
    public void Loop_StopAsked_EndsBetweenStages()
    {
        var work = new FakeWork((_, _) => 4);
        var result = new RunResult();
        var loop = new RunLoop(RoundPlanTests.Resolve(), work, work, _ => { });
        int calls = 0;

        Assert.Throws<StoppedException>(() => loop.Run(result, () =>
        {
            if (++calls == 3)
            {
                throw new StoppedException("stopped");
            }
        }));

        Assert.Equal(["data", "train-reference"], result.Stages);
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("paper")]
    public void Loop_OtherRules_UseTheCurves(string rule)
    {
        var work = new FakeWork((model, _) => model == "child-1" ? 4.5 : 4.0);
        var result = new RunResult();
        new RunLoop(RoundPlanTests.Resolve(("layers", "8"), ("stop-rule", rule)), work, work, _ => { }).Run(
            result, () => { });

        Assert.Equal(["Grow", "Matched"], result.Rounds.Select(r => r.Verdict));
    }

    internal static RunResult Run(FakeWork work, List<string>? notices = null)
    {
        var result = new RunResult { Name = "fake" };
        var recipe = RoundPlanTests.Resolve(("layers", "8"), ("steps", "50"));
        new RunLoop(recipe, work, work, n => notices?.Add(n)).Run(result, () => { });
        return result;
    }
}
