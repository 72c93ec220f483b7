using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// What the emulator exports beside the driver's names: its settings, its last fault, the argument sizes of a kernel, and
/// its stand-in for NVRTC, which chooses among the specialisations that it was built with.
/// </summary>
internal static unsafe partial class SimtNative
{
    private const string Library = NativeLibraries.Simt;

    /// <summary>The text of this thread's last fault: kernel, block, thread, what, file and line.</summary>
    public static string LastError() => Marshal.PtrToStringUTF8(simt_last_error()) ?? "";

    [LibraryImport(Library)]
    private static partial nint simt_last_error();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int simt_kernel_args(string name, ushort* sizes, int cap);

    [LibraryImport(Library)]
    public static partial void simt_schedule(int mode, ulong seed);

    [LibraryImport(Library)]
    public static partial void simt_async(int early);

    [LibraryImport(Library)]
    public static partial void simt_lazy(int on);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int nvrtcCreateProgram(
        nint* program, string source, string name, int headerCount, byte** headers, byte** includeNames);

    [LibraryImport(Library)]
    public static partial int nvrtcCompileProgram(nint program, int optionCount, byte** options);

    [LibraryImport(Library)]
    public static partial int nvrtcGetProgramLogSize(nint program, nuint* size);

    [LibraryImport(Library)]
    public static partial int nvrtcGetProgramLog(nint program, byte* log);

    [LibraryImport(Library)]
    public static partial int nvrtcGetCUBINSize(nint program, nuint* size);

    [LibraryImport(Library)]
    public static partial int nvrtcGetCUBIN(nint program, byte* image);

    [LibraryImport(Library)]
    public static partial int nvrtcDestroyProgram(nint* program);
}
