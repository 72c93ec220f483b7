using Inheritune.Kernels;

namespace Engine.Tests.Devices;

/// <summary>
/// Opens the devices of the engine's suites. A process has a GPU or its emulator: TEST_DEVICE names it (cuda, simt,
/// simt:checked); without it a GPU is taken if one answers, else the emulator. The other's tests are skipped and counted.
/// </summary>
internal static class EngineDevices
{
    private static readonly string GpuFinding = Inheritune.Kernels.Devices.Describe("auto");
    private static readonly string Chosen =
        Environment.GetEnvironmentVariable("TEST_DEVICE") is { Length: > 0 } named ? named : HasGpu ? "cuda" : "simt";

    private static bool HasGpu => GpuFinding.StartsWith("cuda", StringComparison.Ordinal);

    public static Device OpenCpu() => Inheritune.Kernels.Devices.Open("cpu", 2);

    public static Device OpenCuda()
    {
        Assert.SkipUnless(HasGpu, $"needs a GPU: {GpuFinding}");
        Assert.SkipUnless(Chosen == "cuda", $"this process tests {Chosen}");
        return Inheritune.Kernels.Devices.Open("cuda");
    }

    public static Device OpenSimt()
    {
        Assert.SkipWhen(Chosen == "cuda", "this process tests cuda");
        Assert.SkipUnless(
            File.Exists(Path.Combine(AppContext.BaseDirectory, "libsimt_cuda.so")),
            "the emulator's library is not built: needs CMake and a C++ compiler");
        return Inheritune.Kernels.Devices.Open(Chosen);
    }
}
