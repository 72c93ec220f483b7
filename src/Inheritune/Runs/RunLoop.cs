using Inheritune.Recipes;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>
/// Carries out the stages of a run one after the other and records each when it is done, so that a run goes
/// on where it was
/// after a stop at any moment.
/// </summary>
internal sealed class RunLoop(Recipe recipe, IRunWork work, IRunStore store, Action<string> notice)
{
    /// <summary>
    /// Runs to the end; <paramref name="result"/> holds what earlier sessions did and is completed.
    /// </summary>
    /// <param name="result">The run's numbers. Completed in place.</param>
    /// <param name="throwIfStopped">Called between stages.</param>
    public void Run(RunResult result, Action throwIfStopped)
    {
        while (StagePlan.Next(recipe, Decided(result), result.Stages) is { } stage)
        {
            throwIfStopped();
            Do(stage, result);
            result.Stages.Add(stage.Name);
            store.Save(result);
            if (stage.Kind == StageKind.Decide && RoundPlan.Next(recipe, Decided(result)) is null)
            {
                notice($"No further round: {RoundPlan.EndReason(recipe, Decided(result))}.");
            }
        }
    }

    /// <summary>The decisions recorded so far.</summary>
    public static IReadOnlyList<StopVerdict> Decided(RunResult result) =>
        [.. result.Rounds.Select(r => Enum.Parse<StopVerdict>(r.Verdict))];

    private void Do(Stage stage, RunResult result)
    {
        switch (stage.Kind)
        {
            case StageKind.Data:
                result.Data = work.PrepareData();
                break;
            case StageKind.Reference or StageKind.Child or StageKind.Baseline:
                result.Models.Add(work.Train(stage));
                break;
            case StageKind.Analyze:
                var analysis = work.Analyze(stage);
                result.Analyses.Add(analysis);
                notice($"{analysis.Model}: {analysis.Verdict}");
                break;
            case StageKind.Decide:
                Decide(stage, result);
                break;
            case StageKind.Evaluate:
                foreach (var model in result.Models)
                {
                    model.FinalLosses = [.. work.FinalLosses(model.Name)];
                }

                break;
            default:
                result.Samples.AddRange(
                    result.Models.Select(m => work.Sample(m.Name)).OfType<SampleResult>());
                break;
        }
    }

    private void Decide(Stage stage, RunResult result)
    {
        var decision = Decision(stage.Model, result);
        result.Rounds.Add(new RoundResult
        {
            Number = stage.Round!.Number,
            Model = stage.Model,
            Layers = stage.Layers,
            Origin = stage.Round.Origin,
            Verdict = decision.Verdict.ToString(),
            IsClear = decision.IsClear,
            Difference = decision.Difference.Mean,
            StandardError = decision.Difference.StandardError,
            Batches = decision.Difference.Batches,
            Text = decision.ToString(),
        });
        notice($"round {stage.Round.Number}, {stage.Layers} blocks: {decision}");
    }

    private StopDecision Decision(string child, RunResult result)
    {
        if (recipe.StopRule == "paired")
        {
            return PairedDecision(child);
        }

        var a = result.Models.Single(m => m.Name == child).Validation;
        var b = result.Models.Single(m => m.Name == StagePlan.Reference).Validation;
        return recipe.StopRule == "paper"
            ? StopDecision.Paper(a[^1].Loss, b[^1].Loss)
            : StopDecision.Mean([.. a.Select(p => p.Loss)], [.. b.Select(p => p.Loss)], recipe.Tolerance);
    }

    private StopDecision PairedDecision(string child)
    {
        int batches = Math.Min(recipe.Values.Int("stop-batches"), work.DecisionBatches);
        while (true)
        {
            var decision = StopDecision.Paired(
                work.DecisionLosses(child, batches), work.DecisionLosses(StagePlan.Reference, batches),
                recipe.Tolerance, batches == work.DecisionBatches);
            if (decision.Verdict != StopVerdict.MoreBatches)
            {
                return decision;
            }

            notice($"{decision}; twice the batches");
            batches = (int)Math.Min(2L * batches, work.DecisionBatches);
        }
    }
}
