using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Terminal;

namespace Inheritune.Runs;

/// <summary>Carries out the stages of a run in its folder on a device.</summary>
internal sealed partial class RunWork(Recipe recipe, RunFolder folder, Device device, Session session)
    : IRunWork, IDisposable
{
    private readonly OptionValues _values = recipe.Values;
    private readonly Dictionary<string, List<double>> _decisionLosses = new(StringComparer.Ordinal);
    private PreparedText? _text;
    private FixedBatches? _stopping;
    private FixedBatches? _final;

    /// <inheritdoc/>
    public int DecisionBatches
    {
        get
        {
            OpenText();
            return _stopping!.EndBatch - _stopping.FirstBatch;
        }
    }

    private string DataFolder => _values.Text("data") is { Length: > 0 } path && PreparedText.IsPrepared(path)
        ? path : folder.In("data");

    /// <inheritdoc/>
    public DataResult PrepareData()
    {
        if (DataFolder == folder.In("data"))
        {
            TextPreparation.Prepare(_values, folder.In("data"), session);
        }

        var data = Describe(OpenText().Corpus);
        var asked = _values.Text("data");
        return _values.Long("max-characters") is var most and > 0 && DataFolder == folder.In("data")
            ? data with
            {
                Source = $"the first {Format.Count(most)} characters of "
                    + (asked.Length == 0 ? "the .NET SDK's documentation" : asked),
            }
            : data;
    }

    /// <summary>A prepared text for the report.</summary>
    internal static DataResult Describe(PreparedCorpus corpus) => new()
    {
        Source = corpus.Source,
        Documents = corpus.TrainDocuments + corpus.ValidationDocuments,
        TrainTokens = corpus.TrainTokens,
        ValidationTokens = corpus.ValidationTokens,
        VocabSize = corpus.VocabSize,
    };

    /// <inheritdoc/>
    public ModelResult Train(Stage stage)
    {
        var text = OpenText();
        var options = TrainingSetup.Options(_values, stage.Steps, device);
        var (model, lineage) = FirstModel(stage, text.Corpus.VocabSize);
        using var owned = model;
        int round = stage.Round?.Number ?? (stage.Kind == StageKind.Baseline ? LastRound : 0);
        ulong batches = ModelSeeds.Batches(
            _values.Long("seed"), round, _values.Text("data-order") == "carry-on");
        using var trainer = new Trainer(model, options, new RandomBatchSource(text.Train, batches))
        {
            SaveOptions = new ModelSaveOptions { EndOfText = text.Tokenizer.EndOfText },
        };
        var evaluation = new FixedBatches(
            text.Validation, options.BatchSize, options.SequenceLength, 0,
            Math.Min(_values.Int("eval-batches"), DecisionBatches));
        var modelFolder = folder.In(stage.Model);
        var outcome = TrainingView.Show(session, stage.Model, stage.Steps, progress =>
            new TrainingRun(
                modelFolder, trainer, evaluation, progress)
            {
                AddCheckpointFiles = f =>
                AddFiles(f, lineage, trainer.Tokens)
            }
                .Run(session.Stop));
        if (outcome == RunOutcome.Stopped)
        {
            throw new StoppedException("stopped; everything is saved; run the same command to go on");
        }

        var curves = TrainingCurves.Read(Path.Combine(modelFolder, "log.jsonl"));
        return new ModelResult
        {
            Name = stage.Model,
            Role = stage.Kind switch
            {
                StageKind.Reference => "reference",
                StageKind.Child => "child",
                _ => "baseline",
            },
            Origin = stage.Round?.Origin ?? "random weights",
            Layers = stage.Layers,
            Parameters = model.Table.ElementCount,
            Steps = curves.Steps,
            Tokens = curves.Tokens,
            Seconds = curves.Seconds,
            Train = curves.Train,
            Validation = curves.Validation,
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> DecisionLosses(string model, int batches)
    {
        OpenText();
        if (!_decisionLosses.TryGetValue(model, out var losses))
        {
            _decisionLosses.Add(model, losses = []);
        }

        if (losses.Count < batches)
        {
            var range = new FixedBatches(
                _text!.Validation, _values.Int("batch"), _values.Int("seq"), 0, batches);
            using var loaded = LoadTrained(model);
            losses.AddRange(Scorer.Losses(loaded, range, losses.Count, session.Stop));
        }

        return losses[..batches];
    }

    /// <inheritdoc/>
    public IReadOnlyList<double> FinalLosses(string model)
    {
        OpenText();
        using var loaded = LoadTrained(model);
        return Scorer.Losses(loaded, _final!, 0, session.Stop);
    }

    /// <inheritdoc/>
    public void Dispose() => _text?.Dispose();

    private int LastRound => RoundPlan.All(recipe).TakeWhile(r => Directory.Exists(folder.In(r.ModelName)))
        .Count();

    private PreparedText OpenText()
    {
        if (_text is null)
        {
            _text = PreparedText.Open(DataFolder);
            (_stopping, _final) = FixedBatches.Split(
                _text.Validation, _values.Int("batch"), _values.Int("seq"),
                _values.Int("stop-batches"), _values.Int("final-batches"));
        }

        return _text;
    }

    /// <summary>Element type of the weights that training updates.</summary>
    private DType WeightType => TrainingSetup.PrecisionOf(_values, device).WeightType();

    private Decoder LoadTrained(string model, DType dtype = DType.F32)
    {
        var latest = CheckpointFolders.Latest(folder.In(model))
            ?? throw new RunException(
                $"{folder.In(model)}: has no complete checkpoint although its training is recorded as done. "
                + "Somebody removed it; run in a new folder.");
        return ModelFolder.Load(device, latest, new ModelLoadOptions { DType = dtype });
    }
}
