namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>The attention matrices themselves, for analysis only: A = softmax(scale · q kᵀ + ALiBi), T×T per head.</summary>
    /// <param name="weights">A, (B, NH, T, T) f32; 0 above the diagonal if causal. Overwritten.</param>
    /// <param name="qkv">(B, T, (NH + 2 NKV) HS) f32 or bf16, after rotary positions. Read.</param>
    /// <param name="shape">Sizes, scale, ALiBi.</param>
    /// <param name="causal">Mask the future; false gives the unmasked matrix of the same q and k.</param>
    public void AttentionWeights(Tensor weights, Tensor qkv, in AttentionShape shape, bool causal = true)
    {
        const string Operation = nameof(AttentionWeights);
        CheckAttention(Operation, qkv, shape);
        Require(Operation, nameof(weights), weights, DType.F32, shape.N * shape.NH, shape.T);
        AttentionWeightsCore(weights, qkv, shape, causal);
    }

    /// <summary>
    /// Approximate rank k*(τ) = min k with Σ_{i≤k} σ_i² ≥ τ Σ σ_i² of each matrix, compared in f64 with slack 1e-12 of the
    /// total (arXiv:2404.08634).
    /// </summary>
    /// <param name="ranks">(M, levels) i32. Overwritten.</param>
    /// <param name="matrices">(M, T, T) f32. Read.</param>
    /// <param name="levels">τ, each in 0..1, ascending or not; at most 16.</param>
    public void MatrixRank(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels)
    {
        CheckMatrices(nameof(MatrixRank), ranks, matrices, levels.Length);
        MatrixRankCore(ranks, matrices, levels);
    }

    /// <summary>
    /// Mass m*(η): how many columns are needed for a share η of ‖A‖_F², the columns in descending order of their share, or
    /// in natural order; compared as in <see cref="MatrixRank"/>.
    /// </summary>
    /// <param name="counts">(M, levels) i32. Overwritten.</param>
    /// <param name="matrices">(M, T, T) f32. Read.</param>
    /// <param name="levels">η, each in 0..1; at most 16.</param>
    /// <param name="sorted">Descending shares (the minimal number); false: columns 1..m as they stand.</param>
    public void MatrixMass(Tensor counts, Tensor matrices, ReadOnlySpan<double> levels, bool sorted = true)
    {
        CheckMatrices(nameof(MatrixMass), counts, matrices, levels.Length);
        MatrixMassCore(counts, matrices, levels, sorted);
    }

    /// <summary>
    /// Per matrix: sink share = mean over rows of A[p,0], sink mass = share of column 0 in ‖A‖_F², entropy = mean over rows
    /// of −Σ A ln A in nats.
    /// </summary>
    /// <param name="statistics">(M, 3) f32: share, mass, entropy. Overwritten.</param>
    /// <param name="matrices">(M, T, T) f32. Read.</param>
    public void MatrixSink(Tensor statistics, Tensor matrices)
    {
        CheckSquare(nameof(MatrixSink), matrices);
        Require(nameof(MatrixSink), nameof(statistics), statistics, DType.F32, matrices.Shape[0], 3);
        MatrixSinkCore(statistics, matrices);
    }

    private protected abstract void AttentionWeightsCore(Tensor weights, Tensor qkv, in AttentionShape shape, bool causal);

    private protected abstract void MatrixRankCore(Tensor ranks, Tensor matrices, ReadOnlySpan<double> levels);

    private protected abstract void MatrixMassCore(
        Tensor counts, Tensor matrices, ReadOnlySpan<double> levels, bool sorted);

    private protected abstract void MatrixSinkCore(Tensor statistics, Tensor matrices);

    private static void CheckMatrices(string operation, Tensor counts, Tensor matrices, int levels)
    {
        CheckSquare(operation, matrices);
        Require(operation, nameof(counts), counts, DType.I32, matrices.Shape[0], levels);
        if (levels is < 1 or > 16)
        {
            Throw(operation, $"levels: expected 1 to 16, got {levels}.");
        }
    }

    private static void CheckSquare(string operation, Tensor matrices)
    {
        if (matrices.DType != DType.F32 || matrices.Shape.Rank != 3 || matrices.Shape[1] != matrices.Shape[2])
        {
            Throw(operation, $"matrices: expected F32 (M, T, T), got {matrices.DType} {matrices.Shape}.");
        }
    }
}
