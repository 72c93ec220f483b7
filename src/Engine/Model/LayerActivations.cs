using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>What one block keeps, or shares with the others.</summary>
internal sealed record LayerActivations
{
    /// <summary>Input of the block, (N, C).</summary>
    public required Tensor Residual { get; init; }

    public required Tensor Norm1 { get; init; }

    public required Tensor? Mean1 { get; init; }

    public required Tensor Rstd1 { get; init; }

    /// <summary>What the attention reads: norm 1, or the block's input where norms come after the branches.</summary>
    public required Tensor AttentionInput { get; init; }

    /// <summary>
    /// q, k and v before they are normalised or rotated, limited already; null where <see cref="Qkv"/> serves.
    /// </summary>
    public required Tensor? QkvRaw { get; init; }

    public required Tensor? QMean { get; init; }

    public required Tensor? QRstd { get; init; }

    public required Tensor? KMean { get; init; }

    public required Tensor? KRstd { get; init; }

    /// <summary>After rotary positions, (B, T, (NH + 2 NKV) HS).</summary>
    public required Tensor Qkv { get; init; }

    public required Tensor Context { get; init; }

    public required Tensor LogSumExp { get; init; }

    /// <summary>
    /// Block's input and attention together, (N, C); the block's input where both branches read the same.
    /// </summary>
    public required Tensor ResidualMid { get; init; }

    /// <summary>Where norms come after the branches: what norm 2 reads, (N, C); else null.</summary>
    public required Tensor? ResidualEnd { get; init; }

    /// <summary>What the MLP reads: norm 2, or norm 1 where norms come after the branches.</summary>
    public required Tensor MlpInput { get; init; }

    public required Tensor? Mean2 { get; init; }

    public required Tensor Rstd2 { get; init; }

    /// <summary>
    /// Before the activation, (N, F) or (N, 2F); null where nobody reads it: a plain MLP without backward
    /// pass.
    /// </summary>
    public required Tensor? Up { get; init; }

    /// <summary>After the activation, (N, F).</summary>
    public required Tensor Act { get; init; }
}
