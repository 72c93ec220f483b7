using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// Driver calls that ManagedCuda offers only with managed arrays. A launch is the one call of a training step that runs
/// hundreds of times: with pointers into the caller's stack it allocates and pins nothing.
/// </summary>
internal static unsafe partial class CudaLaunch
{
    private const string Library = "nvcuda";

    [LibraryImport(Library)]
    public static partial CUResult cuLaunchKernel(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes,
        nint stream, void** parameters, void** extra);

    /// <summary>Writes 128 bytes to <paramref name="map"/>, which is aligned to 64.</summary>
    [LibraryImport(Library)]
    public static partial CUResult cuTensorMapEncodeTiled(
        void* map, int dataType, uint rank, nint address, ulong* dimensions, ulong* strideBytes, uint* box,
        uint* elementStrides, int interleave, int swizzle, int l2Promotion, int outOfBoundsFill);
}
