using System.Globalization;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels;

/// <summary>Opens devices by name.</summary>
public static class Devices
{
    private const string Expected = "auto, cpu, cuda, cuda:N, simt or simt:checked";

    /// <summary>Opens <paramref name="name"/>: "auto", "cpu", "cuda", "cuda:N", "simt" or "simt:checked".</summary>
    /// <param name="name">Device name; "auto" is cuda:0 if a driver and a GPU answer, else cpu. One process uses either
    /// GPUs or the emulator.</param>
    /// <param name="threads">CPU worker threads, 0 for one per core; ignored by other devices.</param>
    /// <param name="gemm">Who computes matrix products on a GPU: "auto" (cuBLASLt where it is installed), "own" or
    /// "cublaslt"; "" for what INHERITUNE_GEMM says.</param>
    /// <exception cref="DeviceException">Unknown name, or the device cannot be opened.</exception>
    public static Device Open(string name, int threads = 0, string gemm = "")
    {
        ArgumentNullException.ThrowIfNull(gemm);
        var device = Open(name, threads);
        if (gemm.Length > 0 && device is GpuDevice gpu)
        {
            gpu.ChooseGemm(gemm);
        }

        return device;
    }

    private static Device Open(string name, int threads) => name switch
    {
        "auto" => ChooseAuto().IsGpu ? new GpuDevice(DriverProvider.Gpu, 0) : new CpuDevice(threads),
        "cpu" => new CpuDevice(threads),
        "cuda" => new GpuDevice(DriverProvider.Gpu, 0),
        "simt" => new GpuDevice(DriverProvider.Simt, 0),
        "simt:checked" => new GpuDevice(DriverProvider.SimtChecked, 0),
        _ => new GpuDevice(DriverProvider.Gpu, Ordinal(name)),
    };

    /// <summary>One line: which device <paramref name="name"/> means on this machine, and why.</summary>
    public static string Describe(string name) => name == "auto" ? ChooseAuto().Reason : $"{name}: as asked";

    /// <summary>What this machine offers beside the CPU: GPUs, CUDA libraries, the emulator, and what is missing.</summary>
    public static IReadOnlyList<DeviceFinding> Survey() => DeviceSurvey.Run();

    private static (bool IsGpu, string Reason) ChooseAuto()
    {
        var probe = DriverProbe.Machine;
        return NativeLibraries.Provider is DriverProvider.Simt or DriverProvider.SimtChecked
            ? (false, "cpu: this process uses the emulator")
            : probe.GpuCount > 0 ? (true, $"cuda:0: {probe.Finding}") : (false, $"cpu: {probe.Finding}");
    }

    private static int Ordinal(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)
            ? ordinal
            : throw new DeviceException($"--device: '{name}': expected {Expected}.");
}
