using Inheritune.Cli;

namespace Inheritune.Commands;

/// <summary>inheritune doctor.</summary>
internal static class DoctorCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new("doctor", "doctor", [], Execute);

    private static int Execute(OptionValues values, Session session) =>
        throw new RunException("doctor: not in this build yet.");
}
