namespace Inheritune.Kernels.Cuda;

/// <summary>The native libraries that a GPU needs, all of them opened at run time.</summary>
internal enum CudaLibrary
{
    /// <summary>libcuda: comes with the GPU's driver.</summary>
    Driver,

    /// <summary>libnvrtc: compiles kernels.cu.</summary>
    Nvrtc,

    /// <summary>libcublas: matrix products in f32.</summary>
    Cublas,

    /// <summary>libcublasLt: matrix products with epilogues.</summary>
    CublasLt,
}
