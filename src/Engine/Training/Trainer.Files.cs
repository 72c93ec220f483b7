using System.Globalization;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Training;

public sealed partial class Trainer
{
    /// <summary>
    /// Writes a checkpoint that training goes on from without a trace: the model as a Hugging Face folder,
    /// the moments (optimizer.safetensors) and everything else (trainer.json). The folder appears whole or
    /// not at all.
    /// </summary>
    /// <param name="folder">Folder to create or replace.</param>
    /// <param name="addFiles">Adds files of the caller's, as a tokenizer, to the folder it is given.</param>
    /// <exception cref="IOException">The disk is full or the parent folder cannot be written; an old folder
    /// is as it was.</exception>
    public void Save(string folder, Action<string>? addFiles = null) =>
        AtomicFolder.Write(folder, temporary =>
    {
        ModelFolder.Save(Model, temporary, SaveOptions with { DType = WeightFileType });
        SafetensorsWriter.Write(
            Path.Combine(temporary, TrainerFiles.Optimizer),
            [.. ToWrite(TrainerFiles.FirstMomentPrefix, FirstMoment),
             .. ToWrite(TrainerFiles.SecondMomentPrefix, SecondMoment)]);
        var state = CaptureState();
        WriteTuning(temporary);
        state.MeasureFiles(temporary);
        addFiles?.Invoke(temporary);
        state.Write(temporary);
    });

    /// <summary>
    /// Goes back to a checkpoint made by <see cref="Save"/>: weights, moments, counts, place in the training
    /// data. The steps that follow are bit for bit those that would have followed then. After an error the
    /// trainer must not be used.
    /// </summary>
    /// <param name="folder">Checkpoint folder.</param>
    /// <exception cref="TrainingException">The folder is incomplete, or was made with another model, data or
    /// options.</exception>
    /// <exception cref="CheckpointException">A file is damaged.</exception>
    public void Restore(string folder)
    {
        var state = TrainerState.Read(folder);
        RequireSameOptions(folder, state);
        AdoptTuning(folder);
        RestoreWeights(folder);
        using (var moments = OptimizerState.Open(folder))
        {
            foreach (var parameter in Model.Table)
            {
                moments.Read(parameter.Name, FirstMoment[parameter], SecondMoment[parameter]);
            }
        }

        _train.State = state.DataPosition;
        _outliers.Restore(state.RecentLosses);
        _updates = state.Updates;
        _extraUpdates.Clear();
        foreach (var (name, count) in state.UpdateCounts)
        {
            SetUpdateCount(name, count);
        }

        StepIndex = state.Step;
        Tokens = state.Tokens;
        SkippedUpdates = state.SkippedUpdates;
        BuildGroups();
    }

    /// <summary>What the device chose by timing: other choices would give other bits.</summary>
    private void WriteTuning(string folder)
    {
        if (Model.Device.Tuning is { Length: > 0 } tuning)
        {
            AtomicFile.WriteAllText(Path.Combine(folder, TrainerFiles.Tuning), tuning);
        }
    }

    private void AdoptTuning(string folder)
    {
        var path = Path.Combine(folder, TrainerFiles.Tuning);
        HasOtherTuning = File.Exists(path) && !Model.Device.TryAdoptTuning(File.ReadAllText(path));
    }

    private string WeightFileType => Model.Weights.Flat.DType == DType.BF16 ? "BF16" : "F32";

    private static IEnumerable<SafetensorsTensor> ToWrite(string prefix, ParameterSet set) =>
        set.Table.Select(parameter => SafetensorsTensor.FromTensor(prefix + parameter.Name, set[parameter]));

    private TrainerState CaptureState()
    {
        var state = new TrainerState
        {
            Step = StepIndex,
            Updates = _updates,
            SkippedUpdates = SkippedUpdates,
            Tokens = Tokens,
            DataPosition = _train.State,
            RecentLosses = _outliers.ToArray(),
        };
        foreach (var (name, extra) in _extraUpdates)
        {
            state.UpdateCounts.Add(name, _updates + extra);
        }

        state.Options.AddRange(OptionValues(Options));
        return state;
    }

    private void RestoreWeights(string folder)
    {
        using var saved = ModelFolder.Load(
            Model.Device, folder, new ModelLoadOptions { DType = Model.Weights.Flat.DType });
        var same = saved.Table.Count == Model.Table.Count
            && saved.Weights.Flat.Count == Model.Weights.Flat.Count;
        for (var i = 0; same && i < Model.Table.Count; i++)
        {
            same = saved.Table[i].Name == Model.Table[i].Name
                && saved.Table[i].Shape.Equals(Model.Table[i].Shape);
        }

        if (!same)
        {
            throw new TrainingException(
                $"{folder}: model: expected {Describe(Model.Config)}, got {Describe(saved.Config)}. "
                + "The checkpoint belongs to another run.");
        }

        _ops.Copy(Model.Weights.Flat, saved.Weights.Flat);
        RefreshWorkingWeights();
        Model.Device.Synchronize();
    }

    private static string Describe(DecoderConfig config) =>
        $"{config.Family} with {config.Layers} blocks, width {config.Hidden}, V={config.VocabSize}";

    private void RequireSameOptions(string folder, TrainerState state)
    {
        foreach (var (name, value) in OptionValues(Options))
        {
            var saved = state.Options.Find(option => option.Key == name).Value ?? "nothing";
            if (saved != value)
            {
                throw new TrainingException(
                    $"{Path.Combine(folder, TrainerFiles.State)}: {name}: expected {saved} as in the saved "
                    + $"run, got {value}. "
                    + "Resume with the same options, or start a new run from this checkpoint's weights.");
            }
        }
    }

    /// <summary>
    /// The options that decide the course of training. Those of the run alone (how often to save) may change.
    /// </summary>
    private static IEnumerable<KeyValuePair<string, string>> OptionValues(TrainOptions options) =>
    [
        new("batch_size", Text(options.BatchSize)),
        new("sequence_length", Text(options.SequenceLength)),
        new("accumulation_steps", Text(options.AccumulationSteps)),
        new("accumulation", options.AccumulationMode == AccumulationMode.Mean ? "\"mean\"" : "\"sum\""),
        new("schedule", ScheduleText(options.Schedule)),
        new("beta1", Text(options.Beta1)),
        new("beta2", Text(options.Beta2)),
        new("eps", Text(options.Eps)),
        new("weight_decay", Text(options.WeightDecay)),
        new("decay_rule", options.DecayRule == DecayRule.Linear ? "\"linear\"" : "\"matrix\""),
        new("clip_norm", Text(options.ClipNorm)),
        new("outlier_deviations", Text(options.OutlierDeviations)),
        new("outlier_action", options.OutlierAction == OutlierAction.Stop ? "\"stop\"" : "\"skip\""),
        .. PrecisionValues(options),
    ];

    /// <summary>Left out where it is f32: states of that precision need not name it.</summary>
    private static IEnumerable<KeyValuePair<string, string>> PrecisionValues(TrainOptions options) =>
        options.Precision switch
        {
            Precision.Mixed => [new("precision", "\"mixed\"")],
            Precision.Bf16 => [new("precision", "\"bf16\""), new("rounding_seed", $"{options.RoundingSeed}")],
            _ => [],
        };

    private static string ScheduleText(Schedule schedule) => schedule switch
    {
        CosineSchedule s =>
            $"\"cosine peak {Text(s.Peak)} min {Text(s.Minimum)} warmup {s.Warmup} total {s.Total}\"",
        LinearSchedule s =>
            $"\"linear peak {Text(s.Peak)} min {Text(s.Minimum)} warmup {s.Warmup} total {s.Total}\"",
        ConstantSchedule s => $"\"constant peak {Text(s.Peak)} warmup {s.Warmup}\"",
        WsdSchedule s =>
            $"\"wsd peak {Text(s.Peak)} min {Text(s.Minimum)} warmup {s.Warmup} total {s.Total} "
            + $"decay {s.Decay} {(s.Shape == WsdShape.Linear ? "linear" : "sqrt")}\"",
        ContinuedSchedule s => $"\"from {s.Offset} rewarm {s.Rewarm} {ScheduleText(s.Inner)[1..]}",
        _ => $"\"{schedule.GetType().Name}\"",
    };

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
