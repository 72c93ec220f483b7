namespace Inheritune.Engine.Checkpoints;

/// <summary>A safetensors file fails a check.</summary>
/// <param name="check">Which check.</param>
/// <param name="message">Text for people.</param>
/// <param name="inner">Cause.</param>
public sealed class SafetensorsException(SafetensorsCheck check, string message, Exception? inner = null)
    : CheckpointException(message, inner)
{
    /// <summary>The check that failed.</summary>
    public SafetensorsCheck Check { get; } = check;
}
