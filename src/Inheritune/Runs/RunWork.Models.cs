using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Generation;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tokenizers;
using Inheritune.Growth;
using Inheritune.Reports;

namespace Inheritune.Runs;

internal sealed partial class RunWork
{
    /// <inheritdoc/>
    public SampleResult? Sample(string model)
    {
        int length = _values.Int("sample-tokens");
        if (length == 0)
        {
            return null;
        }

        var tokenizer = OpenText().Tokenizer;
        var prompt = tokenizer.Encode(_values.Text("prompt")).ToList();
        if (prompt.Count == 0)
        {
            prompt.Add(tokenizer.EndOfText ?? 0);
        }

        using var loaded = LoadTrained(model);
        var sampling = new SamplingOptions(
            _values.Number("temperature"), _values.Int("top-k"), 1, 1,
            ModelSeeds.Sample(_values.Long("seed")));
        var ids = new Generator(loaded, sampling).Generate(prompt, length, tokenizer.EndOfText)
            .TakeWhile(id => id != tokenizer.EndOfText);
        return new SampleResult(model, _values.Text("prompt"), tokenizer.Decode(ids.ToList()));
    }

    /// <summary>The model of a stage before its first step, and where it comes from.</summary>
    private (Decoder Model, Lineage? Lineage) FirstModel(Stage stage, int vocabSize)
    {
        if (stage.Kind == StageKind.Child)
        {
            return Inherit(stage.Round!);
        }

        var model = new Decoder(device, TrainingSetup.Config(_values, stage.Layers, vocabSize), WeightType);
        model.Initialize(ModelSeeds.Weights(_values.Long("seed"), stage.Kind));
        return (model, null);
    }

    private (Decoder Model, Lineage Lineage) Inherit(Round round)
    {
        using var reference = LoadTrained(StagePlan.Reference, WeightType);
        var options = new InheritOptions
        {
            Mode = _values.Text("inherit-parts") == "official" ? InheritMode.OfficialCompat
                : InheritMode.Correct,
        };
        ulong seed = ModelSeeds.Weights(_values.Long("seed"), StageKind.Child);
        if (round.FromLayers == 0)
        {
            var plan = GrowthOperators.Reinherit(reference.Config, round.Layers, options);
            return (ModelAssembler.Assemble(device, plan, reference, null, seed),
                Lineage.From(plan, ModelHash.Of(reference), round: round.Number));
        }

        using var child = LoadTrained($"child-{round.Number - 1}", WeightType);
        var append = GrowthOperators.AppendNext(
            child.Config, reference.Config, round.Layers - round.FromLayers);
        return (ModelAssembler.Assemble(device, append, reference, child, seed),
            Lineage.From(append, ModelHash.Of(reference), ModelHash.Of(child), round.Number));
    }

    private void AddFiles(string checkpoint, Lineage? lineage, long tokens)
    {
        TokenizerFolder.Save(_text!.Tokenizer, checkpoint);
        ModelCompanions.Write(null, checkpoint);
        (lineage is null ? null : lineage with { Reference = StagePlan.Reference, Tokens = tokens })?.Write(
            checkpoint);
    }
}
