using System.Runtime.InteropServices;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels;

/// <summary>What this machine offers beside the CPU: GPUs, CUDA libraries, the emulator.</summary>
internal static unsafe class DeviceSurvey
{
    public static IReadOnlyList<DeviceFinding> Run() =>
    [
        new("auto", Devices.Describe("auto"), "ok", []),
        Driver(),
        .. Gpus(),
        Compiler(),
        Blas(CudaLibrary.CublasLt, "cuBLASLt", "cublasLtGetVersion"),
        Blas(CudaLibrary.Cublas, "cuBLAS", null),
        Cache(),
        Emulator(isChecked: false),
        Emulator(isChecked: true),
    ];

    private static DeviceFinding Driver()
    {
        var driver = NativeLibraries.Find(CudaLibrary.Driver);
        var probe = DriverProbe.Machine;
        return new DeviceFinding(
            "CUDA driver",
            driver.IsFound ? $"{driver.Path}: {probe.Finding}" : "none",
            probe.GpuCount > 0
                ? probe.DriverVersion >= new Version(12, 0) ? "ok" : "too old: update NVIDIA's driver to CUDA 12.0 or newer"
                : driver.IsFound ? "no GPU answers: check nvidia-smi; --device cpu needs none"
                : "optional, for NVIDIA GPUs: install NVIDIA's driver; in a container, start it with the GPU",
            Tries(driver));
    }

    private static IEnumerable<DeviceFinding> Gpus()
    {
        for (var i = 0; i < DriverProbe.Machine.GpuCount; i++)
        {
            yield return Gpu(i);
        }
    }

    private static DeviceFinding Gpu(int ordinal)
    {
        try
        {
            using var device = new GpuDevice(DriverProvider.Gpu, ordinal);
            var capability = device.Properties.ComputeMajor * 10 + device.Properties.ComputeMinor;
            return new DeviceFinding(
                $"device {device.Name}", $"{device.Description}, {device.FreeMemoryBytes / (1024.0 * 1024 * 1024):F1} GiB free",
                capability >= 80 ? "ok" : "too old: kernels need compute capability 8.0 or newer", []);
        }
        catch (DeviceException exception)
        {
            return new DeviceFinding($"device cuda:{ordinal}", "does not open", exception.Message, []);
        }
    }

    private static DeviceFinding Compiler()
    {
        var library = NativeLibraries.Find(CudaLibrary.Nvrtc);
        return new DeviceFinding(
            "NVRTC",
            library.IsFound ? $"{Nvrtc.Version}, {library.Path}" : "none",
            library.IsFound ? "ok"
                : "needed on NVIDIA GPUs, to compile kernels.cu: pip install nvidia-cuda-nvrtc, or the CUDA toolkit; or set "
                    + $"CUDA_HOME or {LibrarySearch.Variable(CudaLibrary.Nvrtc)}",
            Tries(library));
    }

    private static DeviceFinding Blas(CudaLibrary kind, string name, string? versionExport)
    {
        var library = NativeLibraries.Find(kind);
        var version = versionExport is not null && library.IsFound
            && NativeLibrary.TryGetExport(library.Handle, versionExport, out var getVersion)
                ? $"{((delegate* unmanaged<nuint>)getVersion)()}, " : "";
        return new DeviceFinding(
            name,
            library.IsFound ? version + library.Path : "none",
            library.IsFound ? "ok"
                : "optional, for faster matrix products on NVIDIA GPUs: pip install nvidia-cublas, or the CUDA toolkit",
            Tries(library));
    }

    private static DeviceFinding Cache()
    {
        var folder = CubinCache.OfUser().Folder;
        var files = folder is not null && Directory.Exists(folder) ? new DirectoryInfo(folder).GetFiles("*.cubin") : [];
        return new DeviceFinding(
            "kernel cache",
            folder is null ? $"off ({CubinCache.Variable})"
                : $"{folder}: {files.Length} programs, {files.Sum(file => file.Length) / (1024.0 * 1024):F1} MiB",
            "ok", []);
    }

    private static DeviceFinding Emulator(bool isChecked)
    {
        var candidates = SimtLibrary.Candidates(isChecked, Environment.GetEnvironmentVariable).ToArray();
        var found = candidates.FirstOrDefault(File.Exists);
        return new DeviceFinding(
            isChecked ? "device simt:checked" : "device simt",
            found ?? "none",
            found is null ? "optional, to run kernels.cu without a GPU: install CMake and a C++ compiler and build again"
                : isChecked ? "ok; finds races and wrong accesses of kernels, very slow" : "ok; for checking kernels, slow",
            [.. candidates.Select(candidate => $"{candidate}: {(File.Exists(candidate) ? "found" : "no")}")]);
    }

    private static IReadOnlyList<string> Tries(LoadedLibrary library) =>
        [.. library.Tries.Select(t => $"{t.Path}: {(t.Found ? "found" : "no")}")];
}
