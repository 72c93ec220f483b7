using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// Asks a driver whether it has GPUs, without choosing it for the process: the calls go past the bindings.
/// </summary>
/// <param name="GpuCount">GPUs that answer.</param>
/// <param name="DriverVersion">Newest CUDA version that the driver supports, as 13.0; null without a driver.</param>
/// <param name="Finding">One line for people.</param>
internal sealed unsafe record DriverProbe(int GpuCount, Version? DriverVersion, string Finding)
{
    private static readonly Lazy<DriverProbe> OfThisMachine = new(() => Run(NativeLibraries.Find(CudaLibrary.Driver)));

    /// <summary>The answer for this machine, asked once.</summary>
    public static DriverProbe Machine => OfThisMachine.Value;

    /// <summary>Asks a library that was found, or not.</summary>
    public static DriverProbe Run(LoadedLibrary driver)
    {
        if (!driver.IsFound)
        {
            return new DriverProbe(0, null, "no CUDA driver found");
        }

        if (!NativeLibrary.TryGetExport(driver.Handle, "cuInit", out var init)
            || !NativeLibrary.TryGetExport(driver.Handle, "cuDeviceGetCount", out var getCount)
            || !NativeLibrary.TryGetExport(driver.Handle, "cuDriverGetVersion", out var getVersion))
        {
            return new DriverProbe(0, null, $"{driver.Path} is no CUDA driver");
        }

        var number = 0;
        _ = ((delegate* unmanaged<int*, int>)getVersion)(&number);
        var version = new Version(number / 1000, number % 1000 / 10);
        var result = ((delegate* unmanaged<uint, int>)init)(0);
        var count = 0;
        if (result == 0)
        {
            result = ((delegate* unmanaged<int*, int>)getCount)(&count);
        }

        return result == 0 && count > 0
            ? new DriverProbe(count, version, $"{count} GPU{(count == 1 ? "" : "s")}, driver for CUDA {version}")
            : new DriverProbe(0, version, result switch
            {
                0 or 100 => $"a CUDA driver ({driver.Path}), but no GPU answers",
                34 => $"only the stub of a CUDA driver ({driver.Path})",
                _ => $"a CUDA driver ({driver.Path}) that does not start: result {result}",
            });
    }
}
