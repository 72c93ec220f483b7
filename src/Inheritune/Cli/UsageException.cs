namespace Inheritune.Cli;

/// <summary>The command line or a recipe is wrong: exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
