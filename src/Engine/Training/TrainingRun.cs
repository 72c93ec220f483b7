using Inheritune.Engine.Data;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Training;

/// <summary>
/// Runs a trainer in a folder: log.jsonl (a line per step and evaluation), checkpoints/step-N (the last few),
/// evaluation on fixed batches. A run that was stopped or killed at any moment goes on from its last complete
/// checkpoint, and ends with the log (but for the times) and the weights of an uninterrupted one.
/// </summary>
public sealed class TrainingRun
{
    private readonly Trainer _trainer;
    private readonly FixedBatches? _validation;
    private readonly ITrainingProgress? _progress;
    private long _savedStep = -1;

    /// <summary>Prepares a run; nothing is written yet.</summary>
    /// <param name="folder">Folder of the run; created if absent, resumed if it holds checkpoints.</param>
    /// <param name="trainer">A trainer as it was when the run was started for the first time.</param>
    /// <param name="validation">Batches of every evaluation; null for no evaluation.</param>
    /// <param name="progress">Told what happens.</param>
    /// <exception cref="TrainingException">Evaluations are asked for without batches.</exception>
    public TrainingRun(string folder, Trainer trainer, FixedBatches? validation = null,
        ITrainingProgress? progress = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(trainer);
        if (trainer.Options.EvaluateEvery > 0 && validation is null)
        {
            throw new TrainingException(
                "training options: validation data: expected some to evaluate every "
                + $"{trainer.Options.EvaluateEvery} steps, "
                + "got none. Give validation data, or turn evaluation off.");
        }

        Folder = Path.GetFullPath(folder);
        _trainer = trainer;
        _validation = validation;
        _progress = progress;
    }

    /// <summary>Folder of the run.</summary>
    public string Folder { get; }

    /// <summary>
    /// Adds files to each checkpoint folder before it gets its name, as a tokenizer or a lineage.
    /// </summary>
    public Action<string>? AddCheckpointFiles { get; init; }

    /// <summary>
    /// Validation loss of the last evaluation, this or an earlier session's; NaN before the first.
    /// </summary>
    public double LastValidationLoss { get; private set; } = double.NaN;

    /// <summary>Trains until all steps are done or a stop is asked for.</summary>
    /// <param name="cancellation">Asks for a stop: the step in progress is finished and a checkpoint
    /// saved.</param>
    /// <exception cref="TrainingException">The run cannot be resumed, another process runs it, or a step is
    /// an outlier.</exception>
    /// <exception cref="IOException">The folder cannot be written or the disk is full.</exception>
    public RunOutcome Run(CancellationToken cancellation = default)
    {
        using var log = RunLog.Open(Folder);
        Resume(log);
        var options = _trainer.Options;
        while (true)
        {
            var step = _trainer.StepIndex;
            var isDone = step >= options.Steps;
            if (!cancellation.IsCancellationRequested)
            {
                EvaluateIfDue(log, step, isDone, cancellation);
            }

            var isStopping = !isDone && cancellation.IsCancellationRequested;
            var isDue = options.CheckpointEvery > 0 && step > 0 && step % options.CheckpointEvery == 0;
            if (isDone || isStopping || isDue)
            {
                Save(log, step);
            }

            if (isDone || isStopping)
            {
                LastValidationLoss = log.LastValidationLoss;
                return isDone ? RunOutcome.Completed : RunOutcome.Stopped;
            }

            var result = _trainer.Step();
            log.WriteStep(result);
            _progress?.OnStep(result, options.Steps);
        }
    }

    private void Resume(RunLog log)
    {
        AtomicFolder.RemoveLeftovers(Path.Combine(Folder, "checkpoints"));
        if (CheckpointFolders.Complete(Folder) is [.., var latest])
        {
            _trainer.Restore(latest.Folder);
            _savedStep = latest.Step;
            if (_trainer.HasOtherTuning)
            {
                _progress?.OnNotice(
                    "This device or its matrix library is not the one that the run began on: what follows agrees to rounding, "
                    + "not bit for bit.");
            }

            _progress?.OnNotice($"Going on after step {latest.Step} from {latest.Folder}.");
        }

        log.Truncate(_trainer.StepIndex);
        LastValidationLoss = log.LastValidationLoss;
        if (_savedStep >= 0 && log.KeptSteps != _savedStep)
        {
            _progress?.OnNotice(
                $"{RunLog.FileName}: expected lines of {_savedStep} steps, got {log.KeptSteps}. "
                + "The log was changed since; training is not affected.");
        }
    }

    private void EvaluateIfDue(RunLog log, long step, bool isDone, CancellationToken cancellation)
    {
        var every = _trainer.Options.EvaluateEvery;
        if (every == 0 || log.LastEvaluation == step || (step % every != 0 && !isDone))
        {
            return;
        }

        try
        {
            var losses = _trainer.Evaluate(_validation!, cancellation);
            var (mean, standardError) = MeanAndError(losses);
            log.WriteEvaluation(step, mean, standardError, losses.Length, _validation!.Tokens);
            LastValidationLoss = mean;
            _progress?.OnEvaluation(step, mean, standardError);
        }
        catch (OperationCanceledException)
        {
            // A stop need not wait for the evaluation: it is made when the run goes on.
        }
    }

    private void Save(RunLog log, long step)
    {
        if (_savedStep == step)
        {
            return;
        }

        // The log goes first: a checkpoint never knows of a step that the log has lost.
        log.FlushToDisk();
        var folder = CheckpointFolders.PathOf(Folder, step);
        _trainer.Save(folder, AddCheckpointFiles);
        _savedStep = step;
        CheckpointFolders.Prune(Folder, _trainer.Options.KeepCheckpoints);
        _progress?.OnCheckpoint(step, folder);
    }

    private static (double Mean, double StandardError) MeanAndError(double[] losses)
    {
        double sum = 0;
        foreach (var loss in losses)
        {
            sum += loss;
        }

        var mean = sum / losses.Length;
        double squares = 0;
        foreach (var loss in losses)
        {
            squares += (loss - mean) * (loss - mean);
        }

        return (mean, losses.Length < 2 ? 0 : Math.Sqrt(squares / (losses.Length - 1) / losses.Length));
    }
}
