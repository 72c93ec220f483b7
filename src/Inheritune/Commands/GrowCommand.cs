using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune grow: a deeper model from a trained one.</summary>
internal static class GrowCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "grow",
        "Make a deeper model from a trained one, with blocks of its reference or of its own.",
        [
            CommonOptions.From with { Meaning = "Folder of the model that grows (of the reference: hybrid-stack)" },
            CommonOptions.Reference, CommonOptions.Out("", "Folder for the grown model"),
            CommonOptions.Operator, CommonOptions.Add, CommonOptions.Group, CommonOptions.Compensation,
            CommonOptions.DType, RecipeOptions.Seed, .. RecipeOptions.Machine,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var from = ModelPath.Resolve(values.RequiredPath("from"), "--from");
        var output = NewModel.RequireFree(values.RequiredPath("out"));
        var operation = values.Text("operator");
        bool needsReference = operation is "append" or "reinherit";
        var referenceFolder = needsReference
            ? ModelPath.Resolve(values.RequiredPath("reference"), "--reference") : null;
        var child = ModelFolder.ReadConfig(from);
        var reference = referenceFolder is null ? null : ModelFolder.ReadConfig(referenceFolder);
        var plan = Plan(operation, values, child, reference);
        using var device = Machine.Open(values);
        using var source = ModelFolder.Load(device, from);
        using var large = referenceFolder is null ? null : ModelFolder.Load(device, referenceFolder);

        // Hybrid stacking takes its blocks from the reference alone: the model given with --from.
        bool isReferenceOnly = operation == "hybrid-stack";
        using var grown = ModelAssembler.Assemble(
            device, plan, isReferenceOnly ? source : large, isReferenceOnly ? null : source,
            (ulong)values.Long("seed"));
        session.Out.Write(plan.ToTable());
        var hash = ModelHash.Of(source);
        int round = (Lineage.TryRead(from)?.Round ?? 0) + 1;
        var lineage = Lineage.From(
            plan, large is null ? isReferenceOnly ? hash : null : ModelHash.Of(large), hash, round);
        NewModel.Save(grown, output, lineage, from, values);
        session.Out.WriteLine($"written: {output}, {child.Layers} → {grown.Config.Layers} blocks");
        return 0;
    }

    private static InheritPlan Plan(
        string operation, OptionValues values, DecoderConfig child, DecoderConfig? reference)
    {
        int add = values.Int("add");
        var compensation = NewModel.Compensation(values);
        return operation switch
        {
            "append" => GrowthOperators.AppendNext(child, reference!, add, compensation),
            "reinherit" => GrowthOperators.Reinherit(
                reference!, child.Layers + add, new InheritOptions { Compensation = compensation }),
            "stack" => GrowthOperators.Stack(child, compensation),
            "hybrid-stack" => GrowthOperators.HybridStack(child, Math.Max(1, child.Layers / 2), compensation),
            "interleave" => GrowthOperators.Interleave(child, compensation),
            "midas" => GrowthOperators.Midas(child, ModelSource.Child, values.Int("group"), compensation),
            "identity" =>
                GrowthOperators.Identity(child, [.. Enumerable.Repeat(child.Layers - 1, add)], compensation),
            _ => GrowthOperators.Random(child, add, compensation),
        };
    }
}
