namespace Inheritune.Growth;

/// <summary>Which model a tensor comes from.</summary>
internal enum ModelSource
{
    /// <summary>The large trained model.</summary>
    Reference,

    /// <summary>The small model that grows.</summary>
    Child,

    /// <summary>New random weights; norms 1, biases 0.</summary>
    Fresh,
}
