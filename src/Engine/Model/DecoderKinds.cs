namespace Inheritune.Engine.Model;

/// <summary>Normalisation of a block.</summary>
public enum NormKind
{
    /// <summary>Mean subtracted, variance 1.</summary>
    LayerNorm,

    /// <summary>Mean square 1.</summary>
    RmsNorm,
}

/// <summary>Where a block normalises.</summary>
public enum NormPosition
{
    /// <summary>x + f(norm(x)).</summary>
    Pre,

    /// <summary>norm(x + f(x)).</summary>
    Post,
}

/// <summary>How a block joins attention and MLP to the residual stream.</summary>
public enum ResidualKind
{
    /// <summary>MLP after attention.</summary>
    Sequential,

    /// <summary>Both from the same input.</summary>
    Parallel,
}

/// <summary>How positions enter the model.</summary>
public enum PositionKind
{
    /// <summary>A learned table added to the tokens.</summary>
    Learned,

    /// <summary>q and k are rotated.</summary>
    Rotary,

    /// <summary>A linear bias on the scores.</summary>
    Alibi,
}

/// <summary>Change of the rotary frequencies.</summary>
public enum RopeScalingKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>f / factor.</summary>
    Linear,

    /// <summary>Base grows with the length; inference only.</summary>
    Dynamic,

    /// <summary>Llama 3: long wavelengths divided, short ones kept, a ramp between.</summary>
    Llama3,
}

/// <summary>Parameters of <see cref="RopeScalingKind"/>.</summary>
/// <param name="Kind">Which change.</param>
/// <param name="Factor">factor.</param>
/// <param name="LowFrequencyFactor">Llama 3: low_freq_factor.</param>
/// <param name="HighFrequencyFactor">Llama 3: high_freq_factor.</param>
/// <param name="OriginalMaxPositions">Llama 3: original_max_position_embeddings.</param>
public sealed record RopeScaling(
    RopeScalingKind Kind, double Factor = 1, double LowFrequencyFactor = 1, double HighFrequencyFactor = 4,
    int OriginalMaxPositions = 8192);
