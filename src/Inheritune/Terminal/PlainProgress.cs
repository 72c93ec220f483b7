using System.Diagnostics;
using Inheritune.Engine.Training;
using Inheritune.Reports;

namespace Inheritune.Terminal;

/// <summary>A line at every evaluation and every ten seconds.</summary>
internal sealed class PlainProgress(TextWriter output, string title) : ITrainingProgress
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private readonly StepRate _rate = new();
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();

    /// <inheritdoc/>
    public void OnStep(in StepResult step, long totalSteps)
    {
        _rate.Add(step);
        if (_sinceLine.Elapsed >= Pause)
        {
            output.WriteLine(
                $"{title}: step {step.Step + 1} of {totalSteps}, {_rate.Describe(step, totalSteps)}");
            _sinceLine.Restart();
        }
    }

    /// <inheritdoc/>
    public void OnEvaluation(long step, double loss, double standardError) =>
        output.WriteLine(
            $"{title}: step {step}, validation loss {Format.Loss(loss)} ± {Format.Loss(standardError)}");

    /// <inheritdoc/>
    public void OnCheckpoint(long step, string folder)
    {
        // A checkpoint is the normal course; only its absence would be news.
    }

    /// <inheritdoc/>
    public void OnNotice(string text) => output.WriteLine($"{title}: {text}");
}
