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

    /// <summary>After rotary positions, (B, T, (NH + 2 NKV) HS).</summary>
    public required Tensor Qkv { get; init; }

    public required Tensor Context { get; init; }

    public required Tensor LogSumExp { get; init; }

    /// <summary>Between attention and MLP, (N, C); the block's input where both read the same.</summary>
    public required Tensor ResidualMid { get; init; }

    public required Tensor Norm2 { get; init; }

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
