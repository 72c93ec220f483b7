using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tokenizers;
using Inheritune.Engine.Training;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;
using Inheritune.Terminal;

namespace Inheritune.Commands;

/// <summary>inheritune train: one training, from random weights or from a checkpoint.</summary>
internal static class TrainCommand
{
    private static readonly OptionSpec Model = OptionSpec.Path("model", "",
        $"Folder of a checkpoint to start from, or a preset with random weights "
            + $"({string.Join(", ", ModelPresets.Names)}); "
        + "empty: a GPT-2 of --width, --layers, --heads");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "train",
        "Train a model; the same command in the same folder goes on where it was.",
        [
            Model, RecipeOptions.Preset, CommonOptions.Out("runs/train", "Folder of the training"), RecipeOptions.Data,
            CommonOptions.Tokenizer, .. RecipeOptions.Machine, RecipeOptions.Seed,
            RecipeOptions.VocabSize, RecipeOptions.ValidationShare, RecipeOptions.MaxCharacters,
            RecipeOptions.TextColumn, RecipeOptions.Width, RecipeOptions.Layers, RecipeOptions.Heads,
            RecipeOptions.ScaleByLayer, .. RecipeOptions.Training,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        RecipePresets.Apply(values);
        TrainingChecks.Check(values);
        var source = Source(values.Text("model"));
        using var folder = RunFolder.Open(values.Text("out"), values);
        using var device = Machine.Open(values);
        var result = folder.Load(Machine.Describe(device));
        session.Out.WriteLine(Machine.DeviceLine(device, values.Text("device")));

        using var text = OpenText(values, folder, source.Folder, source.Config?.VocabSize ?? 0, session);
        var config = source.Config ?? TrainingSetup.Config(
            values, values.Int("layers"), text.Corpus.VocabSize);
        var options = TrainingSetup.Options(values, values.Long("steps"), device);
        options.Validate(config);
        MemoryCheck.Require(config, options, device, session.Out);

        var dtype = options.Precision.WeightType();
        using var model = source.Folder is { } start
            ? ModelFolder.Load(device, start, new ModelLoadOptions { DType = dtype })
            : new Decoder(device, config, dtype);
        if (source.Folder is null)
        {
            model.Initialize(ModelSeeds.Weights(values.Long("seed"), StageKind.Reference));
        }

        var batches = new RandomBatchSource(text.Train, ModelSeeds.Batches(values.Long("seed"), 0, true));
        using var trainer = new Trainer(model, options, batches)
        {
            SaveOptions = new ModelSaveOptions
            {
                SourceConfig = source.Folder is null ? null : ModelSaveOptions.As(source.Folder).SourceConfig,
                EndOfText = text.Tokenizer.EndOfText,
            },
        };
        int count = Math.Min(
            values.Int("eval-batches"),
            FixedBatches.Available(text.Validation, options.BatchSize, options.SequenceLength));
        var validation = new FixedBatches(
            text.Validation, options.BatchSize, options.SequenceLength, 0, Math.Max(1, count));
        var outcome = TrainingView.Show(session, "train", options.Steps, progress =>
            new TrainingRun(folder.Path, trainer, validation, progress)
            {
                AddCheckpointFiles = f =>
                {
                    TokenizerFolder.Save(text.Tokenizer, f);
                    ModelCompanions.Write(null, f);
                },
            }.Run(session.Stop));
        if (outcome == RunOutcome.Stopped)
        {
            throw new StoppedException("stopped; everything is saved; run the same command to go on");
        }

        Conclude(result, folder, text, model, source.Folder ?? "random weights", session);
        return 0;
    }

    /// <summary>A folder to start from, or a configuration; neither for one made of the options.</summary>
    private static (string? Folder, DecoderConfig? Config) Source(string model)
    {
        if (model.Length == 0)
        {
            return (null, null);
        }

        if (!Directory.Exists(model) && ModelPresets.Names.Contains(model, StringComparer.Ordinal))
        {
            return (null, ModelPresets.Get(model));
        }

        if (!Directory.Exists(model))
        {
            var hint = Nearest.Find(model, ModelPresets.Names) is { } near ? $"; nearest preset is {near}"
                : "";
            throw new UsageException($"--model: {model}: expected a folder with a model or a preset{hint}.");
        }

        var folder = ModelPath.Resolve(model, "--model");
        return (folder, ModelFolder.ReadConfig(folder));
    }

    private static PreparedText OpenText(
        OptionValues values, RunFolder folder, string? model, int vocabSize, Session session)
    {
        if (values.Text("data") is { Length: > 0 } data && PreparedText.IsPrepared(data))
        {
            return PreparedText.Open(data, vocabSize);
        }

        // A model brings its vocabulary along; a new one gets the one trained on the text.
        var tokenizer = values.Text("tokenizer").Length > 0
            || (model is not null && TokenizerFolder.Exists(model))
            ? ModelPath.Tokenizer(values, model ?? "") : null;
        TextPreparation.Prepare(values, folder.In("data"), session, tokenizer);
        return PreparedText.Open(folder.In("data"), vocabSize);
    }

    private static void Conclude(
        RunResult result, RunFolder folder, PreparedText text, Decoder model, string origin, Session session)
    {
        var curves = TrainingCurves.Read(folder.In("log.jsonl"));
        result.Data = RunWork.Describe(text.Corpus);
        result.Stages.Clear();
        result.Stages.Add("train");
        result.Models.Clear();
        result.Models.Add(new ModelResult
        {
            Name = result.Name,
            Role = "single",
            Origin = origin,
            Layers = model.Config.Layers,
            Parameters = model.Table.ElementCount,
            Steps = curves.Steps,
            Tokens = curves.Tokens,
            Seconds = curves.Seconds,
            Train = curves.Train,
            Validation = curves.Validation,
        });
        folder.Save(result);
        session.Out.WriteLine(
            $"done: {Format.Count(curves.Steps)} steps, {Format.Short(curves.Tokens)} tokens in "
                + $"{Format.Duration(curves.Seconds)}, "
            + (curves.Validation.Count > 0 ? $"validation loss {Format.Loss(curves.Validation[^1].Loss)}, "
                : "")
            + $"checkpoint {CheckpointFolders.Latest(folder.Path)}");
    }
}
