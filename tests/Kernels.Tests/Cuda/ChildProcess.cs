using System.Diagnostics;

namespace Kernels.Tests.Cuda;

/// <summary>Runs this test executable once more: a process has one driver, and a wild pointer kills only the child.</summary>
internal static class ChildProcess
{
    /// <summary>Runs the tests that a filter of xunit names, with more variables.</summary>
    /// <returns>Exit code and everything it wrote.</returns>
    public static (int Code, string Output) RunTests(
        IReadOnlyList<string> filter, IReadOnlyDictionary<string, string> variables, TimeSpan limit)
    {
        var assembly = typeof(ChildProcess).Assembly.Location;
        var executable = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        var start = File.Exists(executable)
            ? new ProcessStartInfo(executable)
            : new ProcessStartInfo(Environment.ProcessPath!) { ArgumentList = { assembly } };
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var argument in filter)
        {
            start.ArgumentList.Add(argument);
        }

        // The runner of this process tells its children where to report.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("TESTINGPLATFORM", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit))
        {
            process.Kill(entireProcessTree: true);
        }

        process.WaitForExit();
        return (process.ExitCode, output.Result + error.Result);
    }
}
