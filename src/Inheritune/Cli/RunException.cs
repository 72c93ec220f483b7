namespace Inheritune.Cli;

/// <summary>A command cannot do its work: exit code 1. The message is complete and for people.</summary>
internal sealed class RunException(string message, Exception? inner = null) : Exception(message, inner);
