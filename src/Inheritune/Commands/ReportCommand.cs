using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune report.</summary>
internal static class ReportCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("report", "report", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("report: not in this build yet.");
}
