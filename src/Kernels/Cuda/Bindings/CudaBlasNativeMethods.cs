using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace ManagedCuda.CudaBlas;

internal enum CublasStatus
{
    Success = 0,
    NotInitialized = 1,
    AllocFailed = 3,
    InvalidValue = 7,
    ArchMismatch = 8,
    ExecutionFailed = 13,
    InternalError = 14,
    NotSupported = 15,
}

internal enum Operation
{
    NonTranspose = 0,
    Transpose = 1,
}

internal enum Math
{
    DefaultMath = 0,
    PedanticMath = 2,
    TF32TensorOpMath = 3,
}

internal enum ComputeType
{
    Compute32F = 68,
    Compute32FFastTF32 = 77,
}

internal enum GemmAlgo
{
    Default = -1,
}

internal struct CudaBlasHandle
{
    public IntPtr Pointer;
}

/// <summary>cuBLAS, under ManagedCuda's names and signatures.</summary>
internal static partial class CudaBlasNativeMethods
{
    private const string Library = "cublas64_12";

    [LibraryImport(Library)]
    public static partial CublasStatus cublasCreate_v2(ref CudaBlasHandle handle);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasDestroy_v2(CudaBlasHandle handle);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasGetVersion_v2(CudaBlasHandle handle, ref int version);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasSetStream_v2(CudaBlasHandle handle, CUstream streamId);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasSetWorkspace_v2(
        CudaBlasHandle handle, CUdeviceptr workspace, SizeT workspaceSizeInBytes);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasSetMathMode(CudaBlasHandle handle, Math mode);

    [LibraryImport(Library)]
    public static partial CublasStatus cublasGemmEx(
        CudaBlasHandle handle, Operation transa, Operation transb, int m, int n, int k, IntPtr alpha, CUdeviceptr A,
        cudaDataType Atype, int lda, CUdeviceptr B, cudaDataType Btype, int ldb, IntPtr beta, CUdeviceptr C,
        cudaDataType Ctype, int ldc, ComputeType computeType, GemmAlgo algo);
}
