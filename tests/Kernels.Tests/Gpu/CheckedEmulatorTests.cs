using System.Text.RegularExpressions;
using Inheritune.Kernels.Cuda;
using Kernels.Tests.Cuda;

namespace Kernels.Tests.Gpu;

/// <summary>
/// Runs the emulator's suites once more with instrumented kernels, in a process of their own: wrong accesses, reads of
/// what nobody wrote and races are errors there.
/// </summary>
public sealed partial class CheckedEmulatorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public void Suites_OnTheCheckedEmulator_Pass()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable(GpuTests.Variable) is null, $"this process was told its device ({GpuTests.Variable})");
        Assert.SkipUnless(SimtLibrary.Exists(isChecked: true), "the emulator's library is not built: needs CMake and a C++ compiler");

        var (code, output) = ChildProcess.RunTests(
            ["-class", "*.Simt*", "-class", "Kernels.Tests.Gpu.GpuDeviceTests", "-class-", "Kernels.Tests.Simt.*", "-noColor"],
            new Dictionary<string, string> { [GpuTests.Variable] = "simt:checked" },
            Limit);

        var totals = Totals().Match(output);
        TestContext.Current.TestOutputHelper?.WriteLine(totals.Success ? totals.Value : "no totals");
        Assert.True(code == 0 && totals.Success, $"exit code {code}:{Environment.NewLine}{Failures(output)}");
        Assert.True(int.Parse(totals.Groups[1].ValueSpan) > 20, totals.Value);
    }

    private static string Failures(string output)
    {
        var lines = output.Split('\n');
        var failures = lines.Where(line => line.Contains("[FAIL]", StringComparison.Ordinal)
            || line.Contains("Exception", StringComparison.Ordinal) || line.Contains("Assert.", StringComparison.Ordinal)).Take(60);
        return string.Join('\n', failures.Concat(lines.TakeLast(10)));
    }

    [GeneratedRegex(@"Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+)")]
    private static partial Regex Totals();
}
