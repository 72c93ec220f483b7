using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>One row of the parameter table.</summary>
/// <param name="Name">
/// Canonical name: "wte", "wpe", "h.3.norm1.weight", "h.3.qkv.weight", "h.3.o.bias", "h.3.up.weight" (gated:
/// "h.3.gate_up.weight",
/// rows gate then up), "h.3.down.weight", "norm_f.weight", "head.weight".
/// </param>
/// <param name="Shape">Dimensions; linear weights are (out, in).</param>
/// <param name="Layer">Block, or -1.</param>
/// <param name="Role">What it is for.</param>
/// <param name="Offset">First element inside the flat arena, a multiple of 64.</param>
public sealed record Parameter(string Name, Shape Shape, int Layer, ParameterRole Role, long Offset);

/// <summary>A contiguous run of the parameter arena.</summary>
/// <param name="Offset">First element.</param>
/// <param name="Count">Elements.</param>
/// <param name="Decays">Weight decay applies.</param>
public readonly record struct ParameterSegment(long Offset, long Count, bool Decays);

/// <summary>Which parameters decay.</summary>
public enum DecayRule
{
    /// <summary>Weights of linear layers, an untied head included; not tables, norms and biases.</summary>
    Linear,

    /// <summary>Every tensor with two dimensions.</summary>
    Matrix,
}
