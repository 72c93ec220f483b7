using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace ManagedCuda;

internal static partial class DriverAPINativeMethods
{
    internal static partial class MemoryManagement
    {
        [LibraryImport(Library)]
        public static partial CUResult cuMemAlloc_v2(ref CUdeviceptr dptr, SizeT bytesize);

        [LibraryImport(Library)]
        public static partial CUResult cuMemFree_v2(CUdeviceptr dptr);

        [LibraryImport(Library)]
        public static partial CUResult cuMemGetInfo_v2(ref SizeT free, ref SizeT total);

        [LibraryImport(Library)]
        public static partial CUResult cuMemHostAlloc(ref IntPtr pp, SizeT bytesize, CUMemHostAllocFlags Flags);

        [LibraryImport(Library)]
        public static partial CUResult cuMemFreeHost(IntPtr p);
    }

    internal static partial class AsynchronousMemcpy_v2
    {
        [LibraryImport(Library)]
        public static partial CUResult cuMemcpyHtoDAsync_v2(
            CUdeviceptr dstDevice, IntPtr srcHost, SizeT ByteCount, CUstream hStream);

        [LibraryImport(Library)]
        public static partial CUResult cuMemcpyDtoHAsync_v2(
            IntPtr dstHost, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream);

        [LibraryImport(Library)]
        public static partial CUResult cuMemcpyDtoDAsync_v2(
            CUdeviceptr dstDevice, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream);
    }

    internal static partial class MemsetAsync
    {
        [LibraryImport(Library)]
        public static partial CUResult cuMemsetD8Async(CUdeviceptr dstDevice, byte b, SizeT N, CUstream hStream);
    }
}
