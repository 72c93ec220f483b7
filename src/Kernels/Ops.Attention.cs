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

    /// <summary>Width of a row of a cache: 2 NKV HS.</summary>
    public long CacheColumns => checked((long)2 * NKV * HS);

    /// <summary>B T.</summary>
    public long N => checked((long)B * T);
}

public abstract partial class Ops
{
    /// <summary>
    /// Rotary positions on the q and k parts of a packed qkv, in place (half form): with r = rotary dimension, for i &lt; r/2
    /// z'_i = z_i cos θ − z_{i+r/2} sin θ and z'_{i+r/2} = z_{i+r/2} cos θ + z_i sin θ; dimensions ≥ r stay. arXiv:2104.09864.
    /// </summary>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32 or bf16. q and k overwritten.</param>
    /// <param name="cosSin">(positions, r) f32: r/2 cosines, then r/2 sines of each position. Read.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="positionOffset">Position of each sequence's first token.</param>
    /// <param name="inverse">Rotate by −θ: the gradient.</param>
    public void Rope(Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset = 0, bool inverse = false)
    {
        const string Operation = nameof(Rope);
        CheckRope(Operation, qkv, cosSin, shape, positionOffset);
        RopeCore(qkv, cosSin, shape, null, positionOffset, inverse);
    }

    /// <summary>Rotary positions where each sequence starts at its own position; otherwise as the other overload.</summary>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32 or bf16. q and k overwritten.</param>
    /// <param name="cosSin">(positions, r) f32. Read.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="offsets">
    /// (B) i32, position of each sequence's first token; at least 0 and at most positions − T, which the caller has checked:
    /// the values are on the device. Read.
    /// </param>
    /// <param name="inverse">Rotate by −θ: the gradient.</param>
    public void Rope(Tensor qkv, Tensor cosSin, in AttentionShape shape, Tensor offsets, bool inverse = false)
    {
        const string Operation = nameof(Rope);
        CheckRope(Operation, qkv, cosSin, shape, 0);
        Require(Operation, nameof(offsets), offsets, DType.I32, shape.B);
        RopeCore(qkv, cosSin, shape, offsets, 0, inverse);
    }

    /// <summary>
    /// Causal attention without a T×T matrix: P = softmax(scale · q kᵀ + ALiBi), y = P v, per head. arXiv:2205.14135.
    /// </summary>
    /// <param name="output">y, (B, T, NH HS), dtype of <paramref name="qkv"/>. Overwritten.</param>
    /// <param name="logSumExp">ln Σ_j exp(score), (B, NH, T) f32. Overwritten; saved for the backward pass.</param>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32 or bf16, rows q | k | v. Read.</param>
    /// <param name="shape">Sizes, scale, ALiBi.</param>
    public void AttentionForward(Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        const string Operation = nameof(AttentionForward);
        var dtype = CheckAttention(Operation, qkv, shape);
        Require(Operation, nameof(output), output, dtype, shape.N, shape.OutputColumns);
        RequireCount(Operation, nameof(logSumExp), logSumExp, DType.F32, shape.N * shape.NH);
        AttentionForwardCore(output, logSumExp, qkv, shape);
    }

    /// <summary>Gradient of <see cref="AttentionForward"/>; scores are recomputed. Deterministic.</summary>
    /// <param name="dQkv">(B, T, (NH + 2 NKV) HS), dtype of <paramref name="qkv"/>. Overwritten.</param>
    /// <param name="dOutput">dy, (B, T, NH HS), dtype of <paramref name="qkv"/>. Read.</param>
    /// <param name="output">y, as the forward pass wrote it. Read.</param>
    /// <param name="logSumExp">(B, NH, T) f32. Read.</param>
    /// <param name="qkv">f32 or bf16. Read.</param>
    /// <param name="shape">Sizes, scale, ALiBi.</param>
    public void AttentionBackward(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape)
    {
        const string Operation = nameof(AttentionBackward);
        var dtype = CheckAttention(Operation, qkv, shape);
        Require(Operation, nameof(dQkv), dQkv, dtype, shape.N, shape.QkvColumns);
        Require(Operation, nameof(dOutput), dOutput, dtype, shape.N, shape.OutputColumns);
        Require(Operation, nameof(output), output, dtype, shape.N, shape.OutputColumns);
        RequireCount(Operation, nameof(logSumExp), logSumExp, DType.F32, shape.N * shape.NH);
        AttentionBackwardCore(dQkv, dOutput, output, logSumExp, qkv, shape);
    }

    /// <summary>
    /// Attention of new positions to a cache: appends their k and v to each sequence's rows, then lets each new position
    /// attend to all rows up to its own. ALiBi by absolute position. On the CPU the results have the bits of
    /// <see cref="AttentionForward"/> over the whole sequence, however it is cut into pieces.
    /// </summary>
    /// <param name="output">y, (B, T, NH HS), dtype of <paramref name="qkv"/>. Overwritten.</param>
    /// <param name="cache">
    /// (B, capacity, 2 NKV HS), dtype of <paramref name="qkv"/>, rows k | v. Rows past[b] .. past[b] + T − 1 overwritten,
    /// earlier ones read.
    /// </param>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32 or bf16, rows q | k | v, after rotary positions. Read.</param>
    /// <param name="past">
    /// (B) i32, positions already in the cache; past[b] + T is at most the capacity, which the caller has checked: the
    /// values are on the device. Read.
    /// </param>
    /// <param name="shape">Sizes, T being the number of new positions; scale, ALiBi.</param>
    public void AttentionCached(Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape)
    {
        const string Operation = nameof(AttentionCached);
        var dtype = CheckAttention(Operation, qkv, shape);
        Require(Operation, nameof(output), output, dtype, shape.N, shape.OutputColumns);
        Require(Operation, nameof(past), past, DType.I32, shape.B);
        if (cache.DType != dtype || cache.Shape.Rank != 3 || cache.Shape[0] != shape.B
            || cache.Shape[2] != shape.CacheColumns || cache.Shape[1] < shape.T)
        {
            Throw(Operation, $"cache: expected {dtype} ({shape.B}, {shape.T} or more, {shape.CacheColumns}), got "
                + $"{cache.DType} {cache.Shape}.");
        }

        AttentionCachedCore(output, cache, qkv, past, shape);
    }

    private protected abstract void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, Tensor? offsets, int positionOffset, bool inverse);

    private protected abstract void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape);

    private protected abstract void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape);

    private protected abstract void AttentionCachedCore(
        Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape);

    private void CheckRope(string operation, Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset)
    {
        CheckAttention(operation, qkv, shape);
        var (positions, r) = (cosSin.Shape[0], cosSin.Shape.Columns);
        Require(operation, nameof(cosSin), cosSin, DType.F32, positions, r);
        if (r < 2 || r % 2 != 0 || r > shape.HS || positionOffset < 0 || positionOffset + (long)shape.T > positions)
        {
            Throw(operation, $"cosSin {cosSin.Shape}: expected an even rotary size up to HS = {shape.HS} and at least "
                + $"{positionOffset + (long)shape.T} positions.");
        }
    }

    /// <summary>Checks sizes, slopes and qkv.</summary>
    /// <returns>Element type of the call.</returns>
    private DType CheckAttention(string operation, Tensor qkv, in AttentionShape shape)
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

        var dtype = FloatType(operation, nameof(qkv), qkv);
        Require(operation, nameof(qkv), qkv, dtype, shape.N, shape.QkvColumns);
        return dtype;
    }
}
