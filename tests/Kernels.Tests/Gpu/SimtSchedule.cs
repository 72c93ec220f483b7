using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Gpu;

/// <summary>
/// An order in which the emulator runs what a GPU may run in any order: threads, asynchronous copies (late: as late as the
/// kernel allows), streams (lazy: when somebody waits). A correct kernel gives the same bits in all of them.
/// </summary>
internal sealed record SimtSchedule(string Name, int Mode, ulong Seed, bool IsEarly, bool IsLazy)
{
    public static SimtSchedule Forward { get; } = new("forward, late, lazy", 0, 0, false, true);

    /// <summary>What the variable TEST_SCHEDULE names (reverse, random), forward without it.</summary>
    public static SimtSchedule Chosen { get; } =
        All(1).First(schedule => schedule.Name.StartsWith(
            Environment.GetEnvironmentVariable("TEST_SCHEDULE") ?? "forward", StringComparison.Ordinal));

    public static IEnumerable<SimtSchedule> All(int seed) =>
    [
        Forward,
        new("reverse, early, eager", 1, 0, true, false),
        new($"random {seed}, late, lazy", 2, (ulong)seed, false, true),
    ];

    /// <summary>From now on; the device must have nothing to do.</summary>
    public void Apply()
    {
        NativeLibraries.Choose(GpuTests.Chosen == "simt" ? DriverProvider.Simt : DriverProvider.SimtChecked);
        SimtNative.simt_schedule(Mode, Seed);
        SimtNative.simt_async(IsEarly ? 1 : 0);
        SimtNative.simt_lazy(IsLazy ? 1 : 0);
    }
}
