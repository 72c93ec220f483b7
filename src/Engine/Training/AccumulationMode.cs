namespace Inheritune.Engine.Training;

/// <summary>How the gradients of the micro-batches of a step are joined.</summary>
public enum AccumulationMode
{
    /// <summary>
    /// Their mean: the step does not depend on how a batch is cut into micro-batches of one size.
    /// </summary>
    Mean,

    /// <summary>
    /// Their sum, as the published training code does; clipping then acts on the mean gradient at c / G.
    /// </summary>
    Sum,
}
