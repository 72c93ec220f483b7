namespace Inheritune.Kernels;

/// <summary>Sizes and options of one attention call.</summary>
/// <param name="B">Sequences.</param>
/// <param name="T">Tokens per sequence.</param>
/// <param name="NH">Query heads.</param>
/// <param name="NKV">Key/value heads; divides NH. Query head h reads head h / (NH / NKV).</param>
/// <param name="HS">Head size.</param>
/// <param name="Scale">Factor on q·k, the per-block scale included.</param>
/// <param name="AlibiSlopes">m_h, (NH) f32: adds −m_h (p − j) to the score of query p and key j; null without ALiBi.</param>
public readonly record struct AttentionShape(int B, int T, int NH, int NKV, int HS, float Scale, Tensor? AlibiSlopes = null)
{
    /// <summary>Width of a row of packed q, k and v: (NH + 2 NKV) HS.</summary>
    public long QkvColumns => checked((long)(NH + 2 * NKV) * HS);

    /// <summary>Width of a row of the output: NH HS.</summary>
    public long OutputColumns => checked((long)NH * HS);

    /// <summary>B T.</summary>
    public long N => checked((long)B * T);
}

public abstract partial class Ops
{
    /// <summary>
    /// Rotary positions on the q and k parts of a packed qkv, in place (half form): with r = rotary dimension, for i &lt; r/2
    /// z'_i = z_i cos θ − z_{i+r/2} sin θ and z'_{i+r/2} = z_{i+r/2} cos θ + z_i sin θ; dimensions ≥ r stay. arXiv:2104.09864.
    /// </summary>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32. q and k overwritten.</param>
    /// <param name="cosSin">(positions, r) f32: r/2 cosines, then r/2 sines of each position. Read.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="positionOffset">Position of each sequence's first token.</param>
    /// <param name="inverse">Rotate by −θ: the gradient.</param>
    public void Rope(Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset = 0, bool inverse = false)
    {
        const string Operation = nameof(Rope);
        CheckAttention(Operation, shape);
        Require(Operation, nameof(qkv), qkv, DType.F32, shape.N, shape.QkvColumns);
        var (positions, r) = (cosSin.Shape[0], cosSin.Shape.Columns);
        Require(Operation, nameof(cosSin), cosSin, DType.F32, positions, r);
        if (r < 2 || r % 2 != 0 || r > shape.HS || positionOffset < 0 || positionOffset + (long)shape.T > positions)
        {
            Throw(Operation, $"cosSin {cosSin.Shape}: expected an even rotary size up to HS = {shape.HS} and at least "
                + $"{positionOffset + (long)shape.T} positions.");
        }

        RopeCore(qkv, cosSin, shape, positionOffset, inverse);
    }

    /// <summary>
    /// Causal attention without a T×T matrix: P = softmax(scale · q kᵀ + ALiBi), y = P v, per head. arXiv:2205.14135.
    /// </summary>
    /// <param name="output">y, (B, T, NH HS) f32. Overwritten.</param>
    /// <param name="logSumExp">ln Σ_j exp(score), (B, NH, T) f32. Overwritten; saved for the backward pass.</param>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32, rows q | k | v. Read.</param>
    /// <param name="shape">Sizes, scale, ALiBi.</param>
    public void AttentionForward(Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        const string Operation = nameof(AttentionForward);
        CheckAttention(Operation, shape);
        Require(Operation, nameof(qkv), qkv, DType.F32, shape.N, shape.QkvColumns);
        Require(Operation, nameof(output), output, DType.F32, shape.N, shape.OutputColumns);
        RequireCount(Operation, nameof(logSumExp), logSumExp, DType.F32, shape.N * shape.NH);
        AttentionForwardCore(output, logSumExp, qkv, shape);
    }

    /// <summary>Gradient of <see cref="AttentionForward"/>; scores are recomputed. Deterministic.</summary>
    /// <param name="dQkv">(B, T, (NH + 2 NKV) HS) f32. Overwritten.</param>
    /// <param name="dOutput">dy, (B, T, NH HS) f32. Read.</param>
    /// <param name="output">y, as the forward pass wrote it. Read.</param>
    /// <param name="logSumExp">(B, NH, T) f32. Read.</param>
    /// <param name="qkv">Read.</param>
    /// <param name="shape">Sizes, scale, ALiBi.</param>
    public void AttentionBackward(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        const string Operation = nameof(AttentionBackward);
        CheckAttention(Operation, shape);
        Require(Operation, nameof(dQkv), dQkv, DType.F32, shape.N, shape.QkvColumns);
        Require(Operation, nameof(qkv), qkv, DType.F32, shape.N, shape.QkvColumns);
        Require(Operation, nameof(dOutput), dOutput, DType.F32, shape.N, shape.OutputColumns);
        Require(Operation, nameof(output), output, DType.F32, shape.N, shape.OutputColumns);
        RequireCount(Operation, nameof(logSumExp), logSumExp, DType.F32, shape.N * shape.NH);
        AttentionBackwardCore(dQkv, dOutput, output, logSumExp, qkv, shape);
    }

    private protected abstract void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset, bool inverse);

    private protected abstract void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape);

    private protected abstract void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape);

    private static void CheckAttention(string operation, in AttentionShape shape)
    {
        if (shape.B < 1 || shape.T < 1 || shape.NH < 1 || shape.NKV < 1 || shape.HS < 1 || shape.NH % shape.NKV != 0)
        {
            Throw(operation, $"shape: expected sizes of at least 1 and NKV dividing NH, got B={shape.B}, T={shape.T}, "
                + $"NH={shape.NH}, NKV={shape.NKV}, HS={shape.HS}.");
        }

        if (shape.AlibiSlopes is { } slopes)
        {
            Require(operation, nameof(shape.AlibiSlopes), slopes, DType.F32, shape.NH);
        }
    }
}
