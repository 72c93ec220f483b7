using System.Diagnostics.CodeAnalysis;
using Inheritune.Kernels.Gpu;
using ManagedCuda.BasicTypes;
using ManagedCuda.CudaBlas;

namespace Inheritune.Kernels.Cuda;

/// <summary>Plain matrix products by cuBLAS, for machines that have it without cuBLASLt: no epilogue.</summary>
internal sealed unsafe class CublasGemm : IDisposable
{
    private const int WorkspaceBytes = 32 << 20;
    private readonly GpuDevice _device;
    private readonly CudaBlasHandle _handle;
    private readonly DeviceMemory _workspace;

    private CublasGemm(GpuDevice device, CudaBlasHandle handle)
    {
        _device = device;
        _handle = handle;

        // An own workspace: the library would allocate one while a graph is recorded.
        _workspace = device.Allocate(WorkspaceBytes);
        Check(CudaBlasNativeMethods.cublasSetStream_v2(handle, device.StreamHandle), "cublasSetStream");
        Check(
            CudaBlasNativeMethods.cublasSetWorkspace_v2(
                handle, new CUdeviceptr { Pointer = (long)_workspace.Address }, WorkspaceBytes),
            "cublasSetWorkspace");
    }

    /// <summary>Opens cuBLAS for a GPU.</summary>
    public static bool TryCreate(GpuDevice device, [NotNullWhen(true)] out CublasGemm? gemm, out string note)
    {
        gemm = null;
        var library = NativeLibraries.Find(CudaLibrary.Cublas);
        var handle = default(CudaBlasHandle);
        if (device.Properties.IsEmulated || !library.IsFound)
        {
            note = device.Properties.IsEmulated ? "cuBLAS: not on the emulator" : "cuBLAS was not found";
            return false;
        }

        device.MakeCurrent();
        var status = CudaBlasNativeMethods.cublasCreate_v2(ref handle);
        if (status != CublasStatus.Success)
        {
            note = $"cuBLAS ({library.Path}) does not start: {status}";
            return false;
        }

        gemm = new CublasGemm(device, handle);
        note = $"cuBLAS ({library.Path})";
        return true;
    }

    /// <summary>Enqueues a product without epilogue; C and D are one matrix.</summary>
    public void Run(in LtProblem problem, nint a, nint b, nint d)
    {
        _device.MakeCurrent();
        float alpha = 1, beta = problem.Accumulate ? 1 : 0;
        Check(
            CudaBlasNativeMethods.cublasGemmEx(
                _handle, problem.TransA ? Operation.Transpose : Operation.NonTranspose,
                problem.TransB ? Operation.Transpose : Operation.NonTranspose, checked((int)problem.M),
                checked((int)problem.N), checked((int)problem.K), (IntPtr)(&alpha), Address(a), Type(problem.Element),
                checked((int)problem.Lda), Address(b), Type(problem.Element), checked((int)problem.Ldb), (IntPtr)(&beta),
                Address(d), Type(problem.Output), checked((int)problem.Ldc),
                problem.Tf32 ? ComputeType.Compute32FFastTF32 : ComputeType.Compute32F, GemmAlgo.Default),
            "cublasGemmEx");
    }

    public void Dispose()
    {
        _device.MakeCurrent();
        _ = CudaBlasNativeMethods.cublasDestroy_v2(_handle);
        _workspace.Dispose();
    }

    private static CUdeviceptr Address(nint address) => new() { Pointer = (long)address };

    private static cudaDataType Type(DType type) =>
        type == DType.BF16 ? cudaDataType.CUDA_R_16BF : cudaDataType.CUDA_R_32F;

    private static void Check(CublasStatus status, string operation)
    {
        if (status != CublasStatus.Success)
        {
            throw new DeviceException($"{operation}: {status} ({(int)status}).");
        }
    }
}
