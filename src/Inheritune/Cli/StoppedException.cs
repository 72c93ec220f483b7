namespace Inheritune.Cli;

/// <summary>The user asked to stop; everything is saved. The message says how to go on.</summary>
internal sealed class StoppedException(string message) : Exception(message);
