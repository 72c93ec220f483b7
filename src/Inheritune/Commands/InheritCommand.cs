using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune inherit.</summary>
internal static class InheritCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("inherit", "inherit", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("inherit: not in this build yet.");
}
