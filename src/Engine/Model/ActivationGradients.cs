using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Gradients of activations during the backward pass; all blocks share them.</summary>
internal sealed record ActivationGradients
{
    /// <summary>Of the residual stream, (N, C): the only one that is added to.</summary>
    public required Tensor Residual { get; init; }

    /// <summary>Of what a norm put out, (N, C).</summary>
    public required Tensor Norm { get; init; }

    /// <summary>Of the MLP's norm, (N, C); its own only where both branches read the same.</summary>
    public required Tensor Norm2 { get; init; }

    /// <summary>(N, NH HS).</summary>
    public required Tensor Context { get; init; }

    /// <summary>(N, (NH + 2 NKV) HS); lies where <see cref="Up"/> lies, which is read out by then.</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>Of what the head read, (N, E); lies where <see cref="Norm"/> lies if E = C.</summary>
    public required Tensor Hidden { get; init; }

    /// <summary>Of token rows of another width than the model, (N, E).</summary>
    public required Tensor? Embed { get; init; }

    /// <summary>(N, F) or (N, 2F).</summary>
    public required Tensor Up { get; init; }

    /// <summary>(N, F), of gated MLPs.</summary>
    public required Tensor? Act { get; init; }
}
