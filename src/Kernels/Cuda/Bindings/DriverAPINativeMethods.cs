using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace ManagedCuda;

/// <summary>
/// The members of the CUDA driver that the engine calls, under ManagedCuda's names and signatures: the code above compiles
/// against either. Entry points are the forms that drivers of CUDA 12 have as well.
/// </summary>
internal static partial class DriverAPINativeMethods
{
    private const string Library = "nvcuda";

    [LibraryImport(Library)]
    public static partial CUResult cuInit(CUInitializationFlags Flags);

    [LibraryImport(Library)]
    public static partial CUResult cuDriverGetVersion(ref int driverVersion);

    internal static partial class ErrorHandling
    {
        [LibraryImport(Library)]
        public static partial CUResult cuGetErrorName(CUResult error, ref IntPtr pStr);

        [LibraryImport(Library)]
        public static partial CUResult cuGetErrorString(CUResult error, ref IntPtr pStr);
    }

    internal static partial class DeviceManagement
    {
        [LibraryImport(Library)]
        public static partial CUResult cuDeviceGet(ref CUdevice device, int ordinal);

        [LibraryImport(Library)]
        public static partial CUResult cuDeviceGetCount(ref int count);

        [LibraryImport(Library)]
        public static partial CUResult cuDeviceGetName(byte[] name, int len, CUdevice dev);

        [LibraryImport(Library)]
        public static partial CUResult cuDeviceTotalMem_v2(ref SizeT bytes, CUdevice dev);

        [LibraryImport(Library)]
        public static partial CUResult cuDeviceGetAttribute(ref int pi, CUDeviceAttribute attrib, CUdevice dev);
    }

    internal static partial class ContextManagement
    {
        [LibraryImport(Library)]
        public static partial CUResult cuDevicePrimaryCtxRetain(ref CUcontext pctx, CUdevice dev);

        [LibraryImport(Library, EntryPoint = "cuDevicePrimaryCtxRelease_v2")]
        public static partial CUResult cuDevicePrimaryCtxRelease(CUdevice dev);

        [LibraryImport(Library)]
        public static partial CUResult cuCtxSetCurrent(CUcontext ctx);

        [LibraryImport(Library)]
        public static partial CUResult cuCtxSynchronize();
    }
}
