using System.Runtime.InteropServices;
using System.Text;
using ManagedCuda.BasicTypes;
using ManagedCuda.NVRTC;

namespace Inheritune.Kernels.Cuda;

/// <summary>NVIDIA's run-time compiler. It needs no GPU and no driver; several threads may compile at a time.</summary>
internal static class Nvrtc
{
    private static readonly Lazy<Version> Loaded = new(ReadVersion);
    private static readonly Lazy<int[]> Supported = new(ReadArchitectures);

    /// <summary>True if the library was found.</summary>
    public static bool IsPresent => NativeLibraries.Find(CudaLibrary.Nvrtc).IsFound;

    /// <summary>Its version, as 13.0.</summary>
    public static Version Version => Loaded.Value;

    /// <summary>Architectures that it makes machine code for, as 90 for sm_90, ascending.</summary>
    public static IReadOnlyList<int> Architectures => Supported.Value;

    /// <summary>Compiles a text.</summary>
    /// <param name="source">The text; it includes nothing.</param>
    /// <param name="options">One option per element.</param>
    /// <param name="isPtx">Ask for PTX instead of machine code.</param>
    /// <exception cref="DeviceException">No NVRTC, or it failed for another reason than the text.</exception>
    public static NvrtcResult Compile(string source, IReadOnlyList<string> options, bool isPtx)
    {
        RequirePresent();
        var program = default(nvrtcProgram);
        Check(
            NVRTCNativeMethods.nvrtcCreateProgram(ref program, source, KernelSource.FileName, 0, null, null),
            "nvrtcCreateProgram", "");
        var pointers = options.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        try
        {
            var result = NVRTCNativeMethods.nvrtcCompileProgram(program, pointers.Length, pointers);
            var log = ReadLog(program);
            if (result == nvrtcResult.ErrorCompilation)
            {
                return new NvrtcResult(false, [], log);
            }

            Check(result, $"nvrtcCompileProgram {string.Join(' ', options)}", log);
            return new NvrtcResult(true, isPtx ? ReadPtx(program) : ReadCubin(program), log);
        }
        finally
        {
            _ = NVRTCNativeMethods.nvrtcDestroyProgram(ref program);
            Array.ForEach(pointers, Marshal.FreeCoTaskMem);
        }
    }

    private static void RequirePresent()
    {
        var library = NativeLibraries.Find(CudaLibrary.Nvrtc);
        if (!library.IsFound)
        {
            throw new DeviceException(
                $"NVRTC: the CUDA run-time compiler was not found (tried {library.Tries.Count} places, from "
                + $"{library.Tries[0].Path}; 'inheritune doctor' lists them). Install it with 'pip install "
                + "nvidia-cuda-nvrtc', or the CUDA toolkit, or set CUDA_HOME or "
                + $"{LibrarySearch.Variable(CudaLibrary.Nvrtc)}.");
        }
    }

    private static byte[] ReadCubin(nvrtcProgram program)
    {
        SizeT size = 0;
        Check(NVRTCNativeMethods.nvrtcGetCUBINSize(program, ref size), "nvrtcGetCUBINSize", "");
        var image = new byte[(long)size];
        Check(NVRTCNativeMethods.nvrtcGetCUBIN(program, image), "nvrtcGetCUBIN", "");
        return image;
    }

    private static byte[] ReadPtx(nvrtcProgram program)
    {
        SizeT size = 0;
        Check(NVRTCNativeMethods.nvrtcGetPTXSize(program, ref size), "nvrtcGetPTXSize", "");
        var image = new byte[(long)size];
        Check(NVRTCNativeMethods.nvrtcGetPTX(program, image), "nvrtcGetPTX", "");
        return image;
    }

    private static string ReadLog(nvrtcProgram program)
    {
        SizeT size = 0;
        if (NVRTCNativeMethods.nvrtcGetProgramLogSize(program, ref size) != nvrtcResult.Success || size <= 1L)
        {
            return "";
        }

        var text = new byte[(long)size];
        return NVRTCNativeMethods.nvrtcGetProgramLog(program, text) == nvrtcResult.Success
            ? Encoding.UTF8.GetString(text).TrimEnd('\0')
            : "";
    }

    private static Version ReadVersion()
    {
        RequirePresent();
        int major = 0, minor = 0;
        Check(NVRTCNativeMethods.nvrtcVersion(ref major, ref minor), "nvrtcVersion", "");
        return new Version(major, minor);
    }

    private static int[] ReadArchitectures()
    {
        RequirePresent();
        var count = 0;
        Check(NVRTCNativeMethods.nvrtcGetNumSupportedArchs(ref count), "nvrtcGetNumSupportedArchs", "");
        var architectures = new int[count];
        Check(NVRTCNativeMethods.nvrtcGetSupportedArchs(architectures), "nvrtcGetSupportedArchs", "");
        return architectures;
    }

    private static void Check(nvrtcResult result, string operation, string log)
    {
        if (result != nvrtcResult.Success)
        {
            throw new DeviceException(
                $"{operation}: {result} ({(int)result}). {log}"
                + (result == nvrtcResult.ErrorBuiltinOperationFailure
                    ? " libnvrtc-builtins must lie beside libnvrtc, of the same version." : ""));
        }
    }
}
