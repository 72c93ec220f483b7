using System.Runtime.InteropServices;
using ManagedCuda.BasicTypes;

namespace ManagedCuda.NVRTC;

internal enum nvrtcResult
{
    Success = 0,
    ErrorOutOfMemory = 1,
    ErrorInvalidInput = 3,
    ErrorInvalidOption = 5,
    ErrorCompilation = 6,
    ErrorBuiltinOperationFailure = 7,
    InternalError = 11,
}

internal struct nvrtcProgram
{
    public IntPtr Pointer;
}

/// <summary>The run-time compiler, under ManagedCuda's names and signatures.</summary>
internal static partial class NVRTCNativeMethods
{
    private const string Library = "nvrtc64_120_0";

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcVersion(ref int major, ref int minor);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetNumSupportedArchs(ref int numArchs);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetSupportedArchs(int[] supportedArchs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nvrtcResult nvrtcCreateProgram(
        ref nvrtcProgram prog, string src, string name, int numHeaders, IntPtr[]? headers, IntPtr[]? includeNames);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcCompileProgram(nvrtcProgram prog, int numOptions, IntPtr[] options);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram prog, ref SizeT logSizeRet);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetProgramLog(nvrtcProgram prog, byte[] log);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetCUBINSize(nvrtcProgram prog, ref SizeT cubinSizeRet);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetCUBIN(nvrtcProgram prog, byte[] cubin);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetPTXSize(nvrtcProgram prog, ref SizeT ptxSizeRet);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcGetPTX(nvrtcProgram prog, byte[] ptx);

    [LibraryImport(Library)]
    public static partial nvrtcResult nvrtcDestroyProgram(ref nvrtcProgram prog);
}
