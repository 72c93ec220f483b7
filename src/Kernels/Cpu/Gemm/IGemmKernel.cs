namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// The innermost part of the product: one register tile over one block of k, from packed panels. Element i of
/// step p lies at a[p · Rows + i], element j at b[p · Columns + j].
/// </summary>
internal unsafe interface IGemmKernel
{
    /// <summary>Rows of the tile, the width of a panel of A.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile, the width of a panel of B.</summary>
    static abstract int Columns { get; }

    /// <summary>C (+)= Σ over <paramref name="steps"/> of a bᵀ, in the order of the steps.</summary>
    static abstract void Tile(float* a, float* b, long steps, float* c, long cStride, bool add);
}
