namespace Inheritune.Engine.Model;

/// <summary>What a parameter is for; decides initialisation, decay and inheritance.</summary>
public enum ParameterRole
{
    /// <summary>Token table "wte" (V, E).</summary>
    TokenEmbedding,

    /// <summary>Position table "wpe".</summary>
    PositionEmbedding,

    /// <summary>Projection between E and C: "proj_in", "proj_out".</summary>
    EmbeddingProjection,

    /// <summary>Weight of a linear layer inside a block.</summary>
    Linear,

    /// <summary>Weight of a linear layer that writes to the residual stream: "o", "down".</summary>
    ResidualLinear,

    /// <summary>Bias of a linear layer.</summary>
    Bias,

    /// <summary>Weight of a norm.</summary>
    NormWeight,

    /// <summary>Bias of a norm.</summary>
    NormBias,

    /// <summary>Untied head (V, E).</summary>
    Head,
}
