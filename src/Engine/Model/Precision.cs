using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Element types of a training: what is computed with and what is kept.</summary>
public enum Precision : byte
{
    /// <summary>Everything is f32.</summary>
    F32,

    /// <summary>
    /// Weights, activations and gradients in bf16; sums, moments and the weights that are updated in f32
    /// (arXiv:1710.03740).
    /// </summary>
    Mixed,

    /// <summary>As <see cref="Mixed"/> without f32 weights: updates are rounded stochastically.</summary>
    Bf16,
}

/// <summary>What a precision means for tensors.</summary>
public static class PrecisionExtensions
{
    /// <summary>Element type that is computed with.</summary>
    public static DType ComputeType(this Precision precision) =>
        precision == Precision.F32 ? DType.F32 : DType.BF16;

    /// <summary>Element type of the weights that are updated and saved.</summary>
    public static DType WeightType(this Precision precision) =>
        precision == Precision.Bf16 ? DType.BF16 : DType.F32;
}
