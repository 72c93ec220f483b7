using Inheritune.Kernels;

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

/// <summary>One row of the parameter table.</summary>
/// <param name="Name">
/// Canonical name: "wte", "wpe", "h.3.norm1.weight", "h.3.qkv.weight", "h.3.o.bias", "h.3.up.weight" (gated: "h.3.gate_up.weight",
/// rows gate then up), "h.3.down.weight", "norm_f.weight", "head.weight".
/// </param>
/// <param name="Shape">Dimensions; linear weights are (out, in).</param>
/// <param name="Layer">Block, or -1.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Offset">First element inside the flat arena, a multiple of 64.</param>
public sealed record Parameter(string Name, Shape Shape, int Layer, ParameterRole Role, long Offset);
