using Inheritune.Engine.Training;
using Inheritune.Reports;
using Spectre.Console;

namespace Inheritune.Terminal;

/// <summary>A progress bar with loss, validation loss, tokens per second and time left.</summary>
internal sealed class BarProgress(ProgressTask task, string title) : ITrainingProgress
{
    private readonly StepRate _rate = new();
    private string _validation = "";

    /// <inheritdoc/>
    public void OnStep(in StepResult step, long totalSteps)
    {
        _rate.Add(step);
        task.Value = step.Step + 1;
        task.Description = Markup.Escape($"{title}: {_rate.Describe(step, totalSteps)}{_validation}");
    }

    /// <inheritdoc/>
    public void OnEvaluation(long step, double loss, double standardError) =>
        _validation = $", validation {Format.Loss(loss)}";

    /// <inheritdoc/>
    public void OnCheckpoint(long step, string folder) => task.Value = step;

    /// <inheritdoc/>
    public void OnNotice(string text) => AnsiConsole.MarkupLineInterpolated($"{title}: {text}");
}
