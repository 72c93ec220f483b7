namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// A checkpoint is damaged, incomplete or of a kind this engine does not read; the text says which and where.
/// </summary>
/// <param name="message">Text for people.</param>
/// <param name="inner">Cause.</param>
public class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
