namespace Inheritune.Kernels.Cuda;

/// <summary>
/// A matrix product D = epilogue(op(A) op(B) + beta C), column-major as cuBLASLt has it: D, C are (M, N), op(A) (M, K),
/// op(B) (K, N). Row-major Y[n, o] = X[n, i] W[o, i]ᵀ is M = o, N = n, K = i, A = W transposed, B = X.
/// </summary>
/// <param name="M">Rows of D.</param>
/// <param name="N">Columns of D.</param>
/// <param name="K">Length of the sums.</param>
/// <param name="TransA">A is stored as (K, M).</param>
/// <param name="TransB">B is stored as (N, K).</param>
/// <param name="Lda">Elements between columns of A as stored.</param>
/// <param name="Ldb">Elements between columns of B as stored.</param>
/// <param name="Ldc">Elements between columns of C and D.</param>
/// <param name="Element">Type of A and B: F32 or BF16.</param>
/// <param name="Output">Type of C, D, bias and aux.</param>
/// <param name="Epilogue">What happens to the product.</param>
/// <param name="AuxLd">Elements between columns of aux, a multiple of 8; 0 without aux.</param>
/// <param name="Accumulate">beta is 1, else 0.</param>
/// <param name="Tf32">F32 operands are rounded to TF32.</param>
internal readonly record struct LtProblem(
    long M, long N, long K, bool TransA, bool TransB, long Lda, long Ldb, long Ldc, DType Element, DType Output,
    LtEpilogue Epilogue = LtEpilogue.None, long AuxLd = 0, bool Accumulate = false, bool Tf32 = false)
{
    /// <summary>Elements of A as stored.</summary>
    public long CountA => Lda * (TransA ? M : K);

    /// <summary>Elements of B as stored.</summary>
    public long CountB => Ldb * (TransB ? K : N);

    /// <summary>Elements of C and of D.</summary>
    public long CountC => Ldc * N;

    /// <summary>One line that tells problems apart, for files.</summary>
    public string Text =>
        $"{M}x{N}x{K} {(TransA ? 'T' : 'N')}{(TransB ? 'T' : 'N')} {Lda} {Ldb} {Ldc} {Element} {Output} {Epilogue} {AuxLd} "
        + $"{(Accumulate ? 1 : 0)}{(Tf32 ? 1 : 0)}";
}
