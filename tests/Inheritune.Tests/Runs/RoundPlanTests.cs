using Inheritune.Recipes;
using Inheritune.Runs;
using Inheritune.Tests.Recipes;

namespace Inheritune.Tests.Runs;

public sealed class RoundPlanTests
{
    [Fact]
    public void Rounds_Medium_Are12And14And16AndSoOn()
    {
        var rounds = RoundPlan.All(Resolve(("layers", "24"), ("max-layers", "17")));

        Assert.Equal([12, 14, 16, 17], rounds.Select(r => r.Layers));
        Assert.All(rounds, r => Assert.Equal(0, r.FromLayers));
    }

    [Fact]
    public void Rounds_Continue_KeepTheChildsBlocks()
    {
        var rounds = RoundPlan.All(Resolve(("layers", "8"), ("mode", "continue")));

        Assert.Equal([0, 4, 6], rounds.Select(r => r.FromLayers));
        Assert.Equal("blocks 0–3 of child-1, blocks 4–5 of the reference", rounds[1].Origin);
    }

    [Fact]
    public void Rounds_Limits_EndThem()
    {
        Assert.Equal(2, RoundPlan.All(Resolve(("layers", "24"), ("max-rounds", "2"))).Count);
        Assert.Equal(3, RoundPlan.All(Resolve(
            ("layers", "24"), ("steps", "100"), ("batch", "1"), ("seq", "10"),
            ("max-tokens", "2500"))).Count);
    }

    [Fact]
    public void Next_Matched_EndsTheRounds()
    {
        var recipe = Resolve(("layers", "8"));

        Assert.Equal(4, RoundPlan.Next(recipe, [])!.Layers);
        Assert.Equal(6, RoundPlan.Next(recipe, [StopVerdict.Grow])!.Layers);
        Assert.Null(RoundPlan.Next(recipe, [StopVerdict.Grow, StopVerdict.Matched]));
        Assert.Null(RoundPlan.Next(recipe, [StopVerdict.Grow, StopVerdict.Grow, StopVerdict.Grow]));
    }

    [Fact]
    public void Stages_Matched_HaveBaselinesOfTheChildsDepth()
    {
        var stages = StagePlan.For(
            Resolve(("layers", "8"), ("steps", "50")), [StopVerdict.Grow, StopVerdict.Matched]);

        Assert.Equal(
            ["data", "train-reference", "analyze-reference", "train-child-1", "decide-1", "train-child-2",
                "decide-2",
                "analyze-child-2", "train-random", "train-random-2x", "evaluate", "sample"],
            stages.Select(s => s.Name));
        Assert.Equal(
            [(6, 50L), (6, 100L)], stages.Where(s => s.Kind == StageKind.Baseline)
            .Select(s => (s.Layers, s.Steps)));
    }

    [Fact]
    public void Seeds_Streams_AreDistinctAndBaselinesReadTheChildsBatches()
    {
        Assert.Equal(3, new[]
        {
            ModelSeeds.Batches(1, 0, true), ModelSeeds.Batches(1, 1, true), ModelSeeds.Batches(2, 0, true),
        }.Distinct().Count());
        Assert.Equal(ModelSeeds.Batches(1, 0, false), ModelSeeds.Batches(1, 2, false));
        Assert.NotEqual(
            ModelSeeds.Weights(1, StageKind.Reference), ModelSeeds.Weights(1, StageKind.Baseline));
    }

    internal static Recipe Resolve(params (string Name, string Value)[] given) =>
        Recipe.Resolve(RecipeFileTests.New(given));
}
