using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Inheritune.Kernels.Gpu;
using ManagedCuda;
using ManagedCuda.BasicTypes;

namespace Inheritune.Kernels.Cuda;

/// <summary>Driver results as texts for people: what was done, what the driver said, the likely cause, what to do.</summary>
internal static class CudaErrors
{
    /// <summary>Throws unless the call succeeded. A passing check allocates nothing.</summary>
    public static void Check(CUResult result, string operation)
    {
        if (result != CUResult.Success)
        {
            Throw(result, operation);
        }
    }

    /// <summary>Throws what the driver said about an operation.</summary>
    [DoesNotReturn]
    public static void Throw(CUResult result, string operation) =>
        throw new DeviceException($"{operation}: {Describe(result)}.{Detail()}{Advice(result)}");

    /// <summary>As in "CUDA_ERROR_ILLEGAL_ADDRESS (700), an illegal memory access was encountered".</summary>
    public static string Describe(CUResult result)
    {
        IntPtr name = 0, text = 0;
        _ = DriverAPINativeMethods.ErrorHandling.cuGetErrorName(result, ref name);
        _ = DriverAPINativeMethods.ErrorHandling.cuGetErrorString(result, ref text);
        return $"{Marshal.PtrToStringUTF8(name) ?? result.ToString()} ({(int)result}), "
            + (Marshal.PtrToStringUTF8(text) ?? "no text");
    }

    /// <summary>What the emulator knows about its last fault, with a leading blank; nothing on a GPU.</summary>
    public static string Detail() =>
        NativeLibraries.Provider is DriverProvider.Simt or DriverProvider.SimtChecked && SimtNative.LastError() is { Length: > 0 } text
            ? " " + text.TrimEnd() : "";

    public static string NoDriver(LoadedLibrary driver) =>
        $"--device: cuda: no CUDA driver found (tried {string.Join(", ", driver.Tries.Select(t => t.Path))}). "
        + "Install NVIDIA's driver for the GPU, or use --device cpu; in a container, start it with the GPU "
        + "(docker run --gpus all).";

    public static string NoSimt(DriverProvider provider, IReadOnlyList<LibraryTry> tries) =>
        $"--device: {(provider == DriverProvider.Simt ? "simt" : "simt:checked")}: the emulator's library was not found "
        + $"(tried {string.Join(", ", tries.Select(t => t.Path))}). It is built with the project where CMake and a C++ "
        + $"compiler are present; {SimtLibrary.Variable} names another file.";

    private static string Advice(CUResult result) => (int)result switch
    {
        100 or 34 => " No GPU answers: check nvidia-smi, or use --device cpu.",
        803 => " The driver's parts do not belong together: reboot after a driver update.",
        209 or 222 or 218 => " The driver is older than the compiler of the kernels: update the driver, or set "
            + "INHERITUNE_NVRTC to an older libnvrtc.",
        _ => "",
    };

    /// <summary>True for errors of a kernel that ran, after which a GPU answers nothing else.</summary>
    public static bool IsKernelFault(CUResult result) => (int)result is >= 700 and < 720 and not (701 or 704 or 705 or 712 or 713);

    /// <summary>A kernel that failed while it ran: it is reported by a later call.</summary>
    [DoesNotReturn]
    public static void ThrowFault(CUResult result, string operation, GpuKernel? last, in LaunchShape shape) =>
        throw new DeviceException(
            $"{operation}: a kernel failed: {Describe(result)}."
            + (Detail() is { Length: > 0 } detail ? detail
                : (last is null ? "" : $" Last launch: {last.Name} {shape.ToText()}; an earlier one may be at fault.")
                    + " Run again with CUDA_LAUNCH_BLOCKING=1 to stop at the kernel itself."));
}
