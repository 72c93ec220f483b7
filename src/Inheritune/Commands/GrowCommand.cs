using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune grow.</summary>
internal static class GrowCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("grow", "grow", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("grow: not in this build yet.");
}
