using Inheritune.Recipes;

namespace Inheritune.Runs;

/// <summary>The stages of a run as pure data.</summary>
internal static class StagePlan
{
    /// <summary>Name of the reference.</summary>
    public const string Reference = "reference";

    /// <summary>
    /// Stages known so far: up to the next open decision, or to the end once the last round is decided.
    /// </summary>
    public static IReadOnlyList<Stage> For(Recipe recipe, IReadOnlyList<StopVerdict> decided)
    {
        var stages = new List<Stage>
        {
            new("data", StageKind.Data, "", 0, 0, null),
            new("train-reference", StageKind.Reference, Reference, recipe.Layers, recipe.Steps, null),
            new("analyze-reference", StageKind.Analyze, Reference, recipe.Layers, 0, null),
        };
        var rounds = RoundPlan.All(recipe);
        var next = RoundPlan.Next(recipe, decided);
        int shown = next?.Number ?? decided.Count;
        foreach (var round in rounds.Take(shown))
        {
            stages.Add(new Stage(
                $"train-{round.ModelName}", StageKind.Child, round.ModelName, round.Layers, recipe.Steps,
                round));
            stages.Add(new Stage(
                $"decide-{round.Number}", StageKind.Decide, round.ModelName, round.Layers, 0, round));
        }

        if (next is not null)
        {
            return stages;
        }

        var last = rounds[shown - 1];
        stages.Add(new Stage(
            $"analyze-{last.ModelName}", StageKind.Analyze, last.ModelName, last.Layers, 0, last));
        foreach (var baseline in recipe.Baselines)
        {
            long steps = checked(recipe.Steps * (baseline == "random-2x" ? 2 : 1));
            stages.Add(new Stage(
                $"train-{baseline}", StageKind.Baseline, baseline, last.Layers, steps, null));
        }

        stages.Add(new Stage("evaluate", StageKind.Evaluate, "", 0, 0, null));
        stages.Add(new Stage("sample", StageKind.Sample, "", 0, 0, null));
        return stages;
    }

    /// <summary>The first stage that is not done, or null when the run is complete.</summary>
    public static Stage? Next(
        Recipe recipe, IReadOnlyList<StopVerdict> decided, IReadOnlyCollection<string> done) =>
        For(recipe, decided).FirstOrDefault(s => !done.Contains(s.Name));
}
