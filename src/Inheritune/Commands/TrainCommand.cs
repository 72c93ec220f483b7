using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune train.</summary>
internal static class TrainCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("train", "train", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("train: not in this build yet.");
}
