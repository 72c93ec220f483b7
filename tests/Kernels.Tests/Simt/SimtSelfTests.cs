using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Kernels.Tests.Simt;

/// <summary>The emulator's own tests: programs that CMake builds beside its libraries.</summary>
public sealed partial class SimtSelfTests
{
    // Lower bounds: fewer checks mean that kernels or rules were lost from the programs.
    [Theory]
    [InlineData("simt_selftest", 90, 1500)]
    [InlineData("simt_selftest", 80, 1200)]
    [InlineData("simt_selftest_checked", 90, 1800)]
    [InlineData("simt_selftest_checked", 80, 1200)]
    public async Task SelfTest_EverySchedule_MissesNothing(string program, int architecture, int leastChecks)
    {
        var path = Path.Combine(SimtBuild.Folder, program);
        Assert.SkipUnless(File.Exists(path), "the emulator is not built: needs CMake and a C++ compiler");
        var start = new ProcessStartInfo(path) { RedirectStandardOutput = true };
        start.Environment["SIMT_ARCH"] = architecture.ToString(CultureInfo.InvariantCulture);
        if (architecture < 90)
        {
            start.ArgumentList.Add("driver");
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        var summary = Summary().Match(output);
        Assert.True(process.ExitCode == 0 && summary.Success, output);
        Assert.Equal("0", summary.Groups["missed"].Value);
        Assert.True(int.Parse(summary.Groups["passed"].ValueSpan, CultureInfo.InvariantCulture) >= leastChecks, output);
    }

    [GeneratedRegex("^all: (?<passed>[0-9]+) passed, (?<missed>[0-9]+) missed$", RegexOptions.Multiline)]
    private static partial Regex Summary();
}
