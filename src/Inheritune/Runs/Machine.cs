using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Inheritune.Cli;
using Inheritune.Kernels;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>Facts about this machine and this program.</summary>
internal static class Machine
{
    /// <summary>Version of this program.</summary>
    public static string Version =>
        typeof(Machine).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Memory this process may use, in bytes.</summary>
    public static long MemoryBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Opens the device that --device, --threads and --gemm name.</summary>
    public static Device Open(OptionValues values) =>
        Devices.Open(values.Text("device"), values.Int("threads"), values.IsGiven("gemm") ? values.Text("gemm") : "");

    /// <summary>Which device computes, and why that one.</summary>
    public static string DeviceLine(Device device, string asked) =>
        $"device: {device.Name} ({device.Description}); "
        + (asked == "auto" ? $"auto means {Devices.Describe(asked)}" : "as asked with --device");

    /// <summary>The machine of a run that starts now.</summary>
    public static MachineResult Describe(Device device) => new()
    {
        Device = $"{device.Name}, {device.Description}",
        System = RuntimeInformation.OSDescription,
        Runtime = Environment.Version.ToString(),
        Version = Version,
        Cores = Environment.ProcessorCount,
        MemoryBytes = MemoryBytes,
        Started = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
    };
}
