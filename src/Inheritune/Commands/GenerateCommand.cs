using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune generate.</summary>
internal static class GenerateCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("generate", "generate", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("generate: not in this build yet.");
}
