namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// A matrix in memory: element (r, c) lies at Data[r · RowStride + c · ColumnStride]. One of the strides is
/// 1.
/// </summary>
internal readonly unsafe struct GemmOperand(float* data, long rowStride, long columnStride)
{
    public readonly float* Data = data;
    public readonly long RowStride = rowStride, ColumnStride = columnStride;

    /// <summary>The same elements with rows and columns exchanged.</summary>
    public GemmOperand Transposed => new(Data, ColumnStride, RowStride);

    /// <summary>A row-major matrix.</summary>
    public static GemmOperand RowMajor(Tensor tensor) => new((float*)tensor.Address, tensor.Shape.Columns, 1);
}
