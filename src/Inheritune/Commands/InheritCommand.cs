using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune inherit: a child from blocks of a reference.</summary>
internal static class InheritCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "inherit",
        "Make a smaller model from blocks of a trained one.",
        [
            CommonOptions.From, CommonOptions.Out("", "Folder for the child"), CommonOptions.InheritLayers,
            CommonOptions.Range, CommonOptions.List, CommonOptions.InheritMode, CommonOptions.Parts,
            CommonOptions.Keep, CommonOptions.Compensation, CommonOptions.DType, RecipeOptions.Seed,
            .. RecipeOptions.Machine,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var from = ModelPath.Resolve(values.RequiredPath("from"), "--from");
        var output = NewModel.RequireFree(values.RequiredPath("out"));
        var config = ModelFolder.ReadConfig(from);
        var plan = InheritPlan.FromReference(config, Selection(values, config), NewModel.Options(values));
        using var device = Machine.Open(values);
        using var reference = ModelOnDisk.Open(from, new ModelLoadOptions { Warn = session.Notes.WriteLine });
        using var child = ModelAssembler.Assemble(
            device, plan, null, null, (ulong)values.Long("seed"), files: reference);
        session.Out.Write(plan.ToTable());
        NewModel.Save(child, output, Lineage.From(plan, ModelHash.Of(reference)), from, values);
        session.Out.WriteLine($"written: {output}, {child.Config.Layers} of {config.Layers} blocks");
        return 0;
    }

    private static LayerSelection Selection(OptionValues values, DecoderConfig config)
    {
        string[] given = [.. new[] { "layers", "range", "list" }.Where(values.IsGiven)];
        if (given.Length > 1)
        {
            throw new UsageException($"--{given[0]}: excludes --{given[1]}. Choose one.");
        }

        if (values.IsGiven("list"))
        {
            return LayerSelection.List(values.Integers("list"), config.Layers);
        }

        if (values.IsGiven("range"))
        {
            var ends = values.Text("range").Split("..");
            if (ends.Length != 2 || !int.TryParse(ends[0], out int a) || !int.TryParse(ends[1], out int b)
                || a >= b)
            {
                throw new UsageException(
                    $"--range: expected a..b with a below b, as in 2..6, got '{values.Text("range")}'.");
            }

            return LayerSelection.Range(a, b, config.Layers);
        }

        int layers = values.Int("layers") is var n and > 0 ? n : Math.Max(1, config.Layers / 2);
        return layers <= config.Layers
            ? LayerSelection.First(layers, config.Layers)
            : throw new UsageException(
                $"--layers: expected at most {config.Layers}, the depth of the reference, got {layers}.");
    }
}
