namespace Inheritune.Engine.Model;

/// <summary>A model cannot be built or run as asked.</summary>
public sealed class ModelException(string message) : Exception(message);
