using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace ManagedCuda;

internal static partial class DriverAPINativeMethods
{
    internal static partial class ModuleManagement
    {
        [LibraryImport(Library)]
        public static partial CUResult cuModuleLoadData(ref CUmodule module, byte[] image);

        [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
        public static partial CUResult cuModuleGetFunction(ref CUfunction hfunc, CUmodule hmod, string name);

        [LibraryImport(Library)]
        public static partial CUResult cuModuleUnload(CUmodule hmod);
    }

    internal static partial class FunctionManagement
    {
        [LibraryImport(Library)]
        public static partial CUResult cuFuncSetAttribute(CUfunction hfunc, CUFunctionAttribute attrib, int value);

        [LibraryImport(Library)]
        public static partial CUResult cuFuncGetAttribute(ref int pi, CUFunctionAttribute attrib, CUfunction hfunc);
    }

    internal static partial class Occupancy
    {
        [LibraryImport(Library)]
        public static partial CUResult cuOccupancyMaxActiveBlocksPerMultiprocessor(
            ref int numBlocks, CUfunction func, int blockSize, SizeT dynamicSMemSize);
    }

    internal static partial class Streams
    {
        [LibraryImport(Library)]
        public static partial CUResult cuStreamCreate(ref CUstream phStream, CUStreamFlags Flags);

        [LibraryImport(Library)]
        public static partial CUResult cuStreamDestroy_v2(CUstream hStream);

        [LibraryImport(Library)]
        public static partial CUResult cuStreamSynchronize(CUstream hStream);

        [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
        public static partial CUResult cuStreamBeginCapture(CUstream hStream, CUstreamCaptureMode mode);

        [LibraryImport(Library)]
        public static partial CUResult cuStreamEndCapture(CUstream hStream, ref CUgraph phGraph);
    }

    internal static partial class Events
    {
        [LibraryImport(Library)]
        public static partial CUResult cuEventCreate(ref CUevent phEvent, CUEventFlags Flags);

        [LibraryImport(Library)]
        public static partial CUResult cuEventRecord(CUevent hEvent, CUstream hStream);

        [LibraryImport(Library)]
        public static partial CUResult cuEventSynchronize(CUevent hEvent);

        [LibraryImport(Library)]
        public static partial CUResult cuEventElapsedTime(ref float pMilliseconds, CUevent hStart, CUevent hEnd);

        [LibraryImport(Library)]
        public static partial CUResult cuEventDestroy_v2(CUevent hEvent);
    }

    // ManagedCuda's spelling.
    internal static partial class GraphManagment
    {
        [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
        public static partial CUResult cuGraphInstantiate(
            ref CUgraphExec phGraphExec, CUgraph hGraph, CUGraphInstantiate_flags flags);

        [LibraryImport(Library)]
        public static partial CUResult cuGraphLaunch(CUgraphExec hGraphExec, CUstream hStream);

        [LibraryImport(Library)]
        public static partial CUResult cuGraphExecDestroy(CUgraphExec hGraphExec);

        [LibraryImport(Library)]
        public static partial CUResult cuGraphDestroy(CUgraph hGraph);
    }
}
