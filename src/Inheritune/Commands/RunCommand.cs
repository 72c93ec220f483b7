using System.Diagnostics;
using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;
using Inheritune.Terminal;

namespace Inheritune.Commands;

/// <summary>inheritune run: the whole recipe.</summary>
internal static class RunCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "run",
        "The main job: train a reference, inherit its first half, grow until it matches, compare, report.",
        RecipeOptions.All,
        Execute)
    {
        Arguments = (
            "recipe", "Recipe file (JSON) with any of the options below; the command line goes first.", 1),
    };

    private static int Execute(OptionValues values, Session session)
    {
        var clock = Stopwatch.StartNew();
        if (values.Arguments.Count > 0)
        {
            RecipeFile.Apply(values, values.Arguments[0]);
        }

        var recipe = Recipe.Resolve(values);
        using var folder = RunFolder.Open(values.Text("out"), values);
        using var device = Machine.Open(values);
        var result = folder.Load(Machine.Describe(device));
        Announce(recipe, folder, device, result, session);
        using var work = new RunWork(recipe, folder, device, session);
        new RunLoop(recipe, work, folder, session.Out.WriteLine).Run(result, session.ThrowIfStopped);
        folder.Save(result);
        Conclude(result, folder, clock.Elapsed.TotalSeconds, session);
        return 0;
    }

    private static void Announce(
        Recipe recipe, RunFolder folder, Device device, RunResult result, Session session)
    {
        var values = recipe.Values;
        var output = session.Out;
        output.WriteLine($"run: {folder.Path} (preset {values.Text("preset")}, seed {values.Text("seed")})");
        output.WriteLine(Machine.DeviceLine(device, values.Text("device")));
        var config = TrainingSetup.Config(values, recipe.Layers, values.Int("vocab-size"));
        MemoryCheck.Require(config, TrainingSetup.Options(values, recipe.Steps, device), device, output);
        output.WriteLine(RoundPlan.Describe(recipe));
        var open = StagePlan.For(recipe, RunLoop.Decided(result)).Where(s => !result.Stages.Contains(s.Name))
            .ToList();
        var before = result.Stages.Count > 0 ? $" (done before: {result.Stages.Count})" : "";
        output.WriteLine(open.Count == 0
            ? "stages: everything is done"
            : $"stages: {string.Join(", ", open.Select(s => s.Name))}{before}");
    }

    private static void Conclude(RunResult result, RunFolder folder, double seconds, Session session)
    {
        var facts = new RunFacts(result);
        session.Out.WriteLine();
        TableView.Show(
            session,
            ["model", "layers", "parameters", "steps", "time", "validation loss"],
            result.Models.Select(m => (IReadOnlyList<string>)
            [
                m.Name, $"{m.Layers}", Format.Count(m.Parameters), Format.Count(m.Steps),
                Format.Duration(m.Seconds),
                RunFacts.Final(m) is { } f ? $"{Format.Loss(f.Mean)} ± {Format.Loss(f.StandardError)}" : "–",
            ]));
        session.Out.WriteLine(facts.Headline);
        foreach (var remark in facts.Remarks)
        {
            session.Out.WriteLine("- " + remark);
        }

        session.Out.WriteLine($"report: {folder.In("report.html")} ({Format.Duration(seconds)} in all)");
    }
}
