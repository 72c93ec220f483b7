namespace Inheritune.Growth;

/// <summary>
/// What happens to the attention scale 1/(i + 1) of a block that moves from i to j. Without compensation its
/// scores change by (i + 1)/(j + 1), and the block no longer computes what it was trained to compute.
/// </summary>
internal enum AttentionScaleCompensation
{
    /// <summary>The divisor moves with the block.</summary>
    Scale,

    /// <summary>
    /// The divisor is that of the new position; W_q and its bias are multiplied by (j + 1)/(i + 1).
    /// </summary>
    Query,

    /// <summary>None, as in the published ablations.</summary>
    Off,
}
