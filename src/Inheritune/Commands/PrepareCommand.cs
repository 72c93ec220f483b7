using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune prepare.</summary>
internal static class PrepareCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("prepare", "prepare", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("prepare: not in this build yet.");
}
