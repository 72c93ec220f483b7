using Inheritune.Commands;

namespace Inheritune.Cli;

/// <summary>Runs one command and turns its outcome into an exit code: 0 done, 1 failed, 2 usage.</summary>
internal static class Application
{
    /// <summary>All verbs, in the order of the help.</summary>
    public static IReadOnlyList<VerbSpec> Verbs { get; } =
    [
        RunCommand.Verb, PrepareCommand.Verb, TrainCommand.Verb, InheritCommand.Verb, GrowCommand.Verb,
        AnalyzeCommand.Verb, LogitsCommand.Verb, GenerateCommand.Verb, ConvertCommand.Verb, ReportCommand.Verb,
        DoctorCommand.Verb,
    ];

    /// <summary>
    /// Runs the command in <paramref name="args"/>. Only this method prints errors, one line each.
    /// </summary>
    public static int Run(IReadOnlyList<string> args, Session session, TextWriter error)
    {
        try
        {
            return new CommandLineParser(Verbs).Parse(args, session.Out) is { } command
                ? command.Verb.Execute(command.Values, session)
                : 0;
        }
#pragma warning disable CA1031 // The last line of defence: a fault of the program is one clear line, too.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var cause = Cause(e);
            error.WriteLine(OneLine(MessageOf(cause)));
            return cause is UsageException ? 2 : 1;
        }
    }

    private static string MessageOf(Exception e) => e switch
    {
        StoppedException => e.Message + ".",
        OperationCanceledException => "stopped; run the same command to go on.",
        OutOfMemoryException => "out of memory. Lower --batch or --seq, or add --recompute block.",
        _ => IsForPeople(e) ? e.Message : $"unexpected fault ({e.GetType().Name}): {e.Message}",
    };

    /// <summary>What went wrong on one of several threads.</summary>
    private static Exception Cause(Exception e) =>
        e is AggregateException { InnerExceptions: [var first, ..] } ? Cause(first) : e;

    /// <summary>Exceptions whose message is a complete sentence for people.</summary>
    private static bool IsForPeople(Exception e) =>
        e is RunException or IOException or UnauthorizedAccessException or InvalidDataException
            or ArgumentException or InvalidOperationException or NotSupportedException
        || e.GetType().Namespace?.StartsWith("Inheritune", StringComparison.Ordinal) == true;

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
