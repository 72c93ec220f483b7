using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The divisors of the attention scores, one per block: the family's rule, and what a model has.
/// </summary>
public static class AttentionDivisors
{
    /// <summary>The rule at a position: i + 1 where the scores are scaled by layer, else 1.</summary>
    public static double Rule(DecoderConfig config, int layer)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.ScaleAttentionByLayer ? layer + 1 : 1;
    }

    /// <summary>The divisor of a block.</summary>
    public static double Of(DecoderConfig config, int layer)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config.ScaleDivisors is null ? Rule(config, layer) : config.ScaleDivisors[layer];
    }

    /// <summary>Every block has the divisor of its position.</summary>
    public static bool FollowRule(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Enumerable.Range(0, config.Layers).All(layer => Of(config, layer) == Rule(config, layer));
    }
}
