using Inheritune.Cli;
using Inheritune.Engine.Training;
using Spectre.Console;

namespace Inheritune.Terminal;

/// <summary>Shows a training: a bar on a terminal, plain lines when piped.</summary>
internal static class TrainingView
{
    /// <summary>Runs <paramref name="train"/> and shows what it reports.</summary>
    /// <param name="session">Where to show it.</param>
    /// <param name="title">Name of the model.</param>
    /// <param name="totalSteps">Steps in all.</param>
    /// <param name="train">The training; gets the receiver of its progress.</param>
    public static RunOutcome Show(
        Session session, string title, long totalSteps, Func<ITrainingProgress, RunOutcome> train)
    {
        if (!session.IsTerminal)
        {
            return train(new PlainProgress(session.Out, title));
        }

        var outcome = RunOutcome.Completed;
        AnsiConsole.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(),
                new PercentageColumn())
            .Start(context => outcome =
                train(new BarProgress(context.AddTask(Markup.Escape(title), maxValue: totalSteps), title)));
        return outcome;
    }
}
