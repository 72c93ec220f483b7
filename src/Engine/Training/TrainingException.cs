namespace Inheritune.Engine.Training;

/// <summary>
/// Training cannot start, cannot go on, or cannot be resumed; the text says why and what to do.
/// </summary>
public sealed class TrainingException : Exception
{
    /// <summary>An error with a text for people.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>An error with a text for people and its cause.</summary>
    public TrainingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
