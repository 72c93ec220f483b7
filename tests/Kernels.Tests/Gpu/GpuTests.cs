using Inheritune.Kernels;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu;

/// <summary>
/// Opens the GPU or its emulator for the suites. A process has one of them: the variable TEST_DEVICE names it (cuda, simt,
/// simt:checked); without it a GPU is taken if one answers, else the emulator. The other's tests are skipped, and counted.
/// </summary>
internal static class GpuTests
{
    public const string Variable = "TEST_DEVICE";

    /// <summary>The device of this process: "cuda", "simt" or "simt:checked".</summary>
    public static string Chosen { get; } = Environment.GetEnvironmentVariable(Variable) switch
    {
        "cuda" or "simt" or "simt:checked" => Environment.GetEnvironmentVariable(Variable)!,
        _ => DriverProbe.Machine.GpuCount > 0 ? "cuda" : "simt",
    };

    public static Device OpenCuda()
    {
        Assert.SkipUnless(DriverProbe.Machine.GpuCount > 0, $"needs a GPU: {DriverProbe.Machine.Finding}");
        Assert.SkipUnless(Chosen == "cuda", $"this process tests {Chosen}");
        return Devices.Open("cuda");
    }

    public static Device OpenSimt()
    {
        Assert.SkipWhen(Chosen == "cuda", "this process tests cuda");
        Assert.SkipUnless(
            SimtLibrary.Exists(Chosen == "simt:checked"), "the emulator's library is not built: needs CMake and a C++ compiler");
        SimtSchedule.Chosen.Apply();
        return Devices.Open(Chosen);
    }

    /// <summary>Whichever of the two this process has.</summary>
    public static GpuDevice OpenAny() => (GpuDevice)(Chosen == "cuda" ? OpenCuda() : OpenSimt());
}
