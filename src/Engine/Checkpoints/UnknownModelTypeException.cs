namespace Inheritune.Engine.Checkpoints;

/// <summary>The model type in config.json has no adapter here.</summary>
/// <param name="modelType">What the file says.</param>
/// <param name="message">Text for people.</param>
public sealed class UnknownModelTypeException(string modelType, string message) : CheckpointException(message)
{
    /// <summary>"model_type" of the file.</summary>
    public string ModelType { get; } = modelType;
}
