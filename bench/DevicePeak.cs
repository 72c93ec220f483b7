using System.Diagnostics;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Inheritune.Bench;

/// <summary>What a device can do, measured in the same run as what is compared with it.</summary>
/// <param name="Gigaflops">Products of the element type, GFLOP/s.</param>
/// <param name="Gigabytes">Memory traffic, GB/s.</param>
/// <param name="Source">How it was measured.</param>
public sealed record DevicePeak(double Gigaflops, double Gigabytes, string Source)
{
    private const long CopyElements = 256L << 20;
    private const int Side = 8192;

    /// <summary>Measures in a second or less. An emulated device has no rate worth naming: its side is tiny.</summary>
    public static DevicePeak Measure(Device device, DType element, int threads)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device is CpuDevice)
        {
            var peak = MachinePeak.Measure(threads);
            return new DevicePeak(
                peak.FmaGigaflops, Math.Max(peak.TriadGigabytes, peak.ReadGigabytes),
                $"{peak.FmaGigaflops:F0} GFLOP/s f32 out of registers, read {peak.ReadGigabytes:F1} GB/s, triad "
                + $"{peak.TriadGigabytes:F1} GB/s");
        }

        var isReal = device.Name.StartsWith("cuda", StringComparison.Ordinal);
        var (side, elements) = isReal ? (Side, CopyElements) : (64, 1 << 16);
        using var workspace = new OpsWorkspace(device, element);
        var (y, x, weight) = (workspace.Constant(0, side, side), workspace.Normal(side, side), workspace.Normal(side, side));
        var product = Best(device, () => device.Ops.MatmulForward(y, x, weight));
        var (to, from) = (workspace.Constant(0, elements), workspace.Constant(1, elements));
        var copy = Best(device, () => device.Ops.Copy(to, from));
        var gigaflops = 2.0 * side * side * side / product / 1e9;
        var gigabytes = 2.0 * elements * element.SizeBytes() / copy / 1e9;
        return new DevicePeak(
            gigaflops, gigabytes, $"{gigaflops / 1e3:F1} TFLOP/s {element} product of side {side}, copy {gigabytes:F0} GB/s");
    }

    private static double Best(Device device, Action call)
    {
        const int Calls = 10;
        call();
        device.Synchronize();
        var best = double.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
            {
                call();
            }

            device.Synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / Calls);
        }

        return best;
    }
}
