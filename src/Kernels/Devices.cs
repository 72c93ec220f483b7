using Inheritune.Kernels.Cpu;

namespace Inheritune.Kernels;

/// <summary>Opens devices by name.</summary>
public static class Devices
{
    /// <summary>Opens <paramref name="name"/>: "auto" or "cpu".</summary>
    /// <param name="name">Device name; "auto" picks the best one present.</param>
    /// <param name="threads">CPU worker threads, 0 for one per core; ignored by other devices.</param>
    /// <exception cref="DeviceException">Unknown name, or the device cannot be opened.</exception>
    public static Device Open(string name, int threads = 0) => name switch
    {
        "auto" or "cpu" => new CpuDevice(threads),
        _ => throw new DeviceException($"--device: '{name}': expected auto or cpu. This build has no other device."),
    };
}
