namespace Inheritune.Engine.Model;

/// <summary>
/// What the backward pass computes again instead of keeping it. Never changes a bit of the result.
/// </summary>
public enum Recompute
{
    /// <summary>Nothing: everything is kept.</summary>
    None,

    /// <summary>
    /// Norm outputs and the MLP's activation: cheap to recompute, 6 of the 16 C per token and block of GPT-2.
    /// </summary>
    Activations,

    /// <summary>Whole blocks: only their inputs are kept.</summary>
    Block,
}
