using System.Runtime.InteropServices;
using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;

namespace Inheritune.Kernels.Gpu;

/// <summary>What a bulk copy knows of a matrix (CUtensorMap): address, sizes, box, swizzle.</summary>
[StructLayout(LayoutKind.Sequential, Size = SizeBytes)]
internal unsafe struct TensorMap
{
    private const int SizeBytes = 128;
    private const int Bf16 = 9;        // CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
    private const int Swizzle128 = 3;  // CU_TENSOR_MAP_SWIZZLE_128B
    private const int Promote256 = 3;  // CU_TENSOR_MAP_L2_PROMOTION_L2_256B

    private fixed ulong _words[SizeBytes / sizeof(ulong)];

    /// <summary>A row-major bf16 matrix, copied in boxes of <paramref name="boxRows"/> rows of 64 elements.</summary>
    /// <param name="address">First element, aligned to 16 bytes.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Elements of a row, a multiple of 8.</param>
    /// <param name="boxRows">1 to 256.</param>
    public static TensorMap For(nint address, long rows, long columns, int boxRows)
    {
        // The driver wants the map at a multiple of 128 bytes.
        var bytes = stackalloc byte[2 * SizeBytes];
        var map = (TensorMap*)((nint)(bytes + SizeBytes - 1) & -SizeBytes);
        var sizes = stackalloc ulong[2] { (ulong)columns, (ulong)rows };
        var strideBytes = (ulong)columns * 2;
        var box = stackalloc uint[2] { 64, (uint)boxRows };
        var steps = stackalloc uint[2] { 1, 1 };
        var result = CudaLaunch.cuTensorMapEncodeTiled(
            map, Bf16, 2, address, sizes, &strideBytes, box, steps, 0, Swizzle128, Promote256, 0);
        if (result != CUResult.Success)
        {
            CudaErrors.Throw(result, $"Describe a matrix of {rows} x {columns} to bulk copies");
        }

        return *map;
    }
}
