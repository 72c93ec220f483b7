namespace Inheritune.Cli;

/// <summary>A verb of the command line.</summary>
/// <param name="Name">"train".</param>
/// <param name="Summary">One line of help.</param>
/// <param name="Options">Its options.</param>
/// <param name="Execute">Does it; returns the exit code.</param>
internal sealed record VerbSpec(
    string Name, string Summary, IReadOnlyList<OptionSpec> Options, Func<OptionValues, Session, int> Execute)
{
    /// <summary>Name and meaning of the positional arguments, or null when there are none.</summary>
    public (string Name, string Meaning, int Maximum)? Arguments { get; init; }
}
