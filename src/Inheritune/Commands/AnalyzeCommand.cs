using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune analyze.</summary>
internal static class AnalyzeCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("analyze", "analyze", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("analyze: not in this build yet.");
}
