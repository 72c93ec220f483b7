using System.Diagnostics;

namespace Inheritune.Tests.Runs;

/// <summary>
/// Kills the real program at random moments; what it goes on to write has to be the same to the bit.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 4;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_KilledAtRandomMoments_EndsWithTheSameBits()
    {
        var text = TextFile.Write(_folder.Path);
        var clock = Stopwatch.StartNew();
        using (var whole = Start(text, "whole"))
        {
            var error = whole.StandardError.ReadToEnd();
            whole.WaitForExit();
            Assert.True(whole.ExitCode == 0, error);
        }

        var wholeTime = clock.Elapsed;

        // Later kills reach later stages: each waits for its share of the whole time.
        var seed = Environment.TickCount;
        var random = new Random(seed);
        int killed = 0;
        for (var i = 0; i < Kills; i++)
        {
            using var process = Start(text, "killed");
            var wait = wholeTime * (0.15 + (0.25 * random.NextDouble()));
            if (!process.WaitForExit(wait))
            {
                process.Kill();
                process.WaitForExit();
                killed++;
            }
        }

        using (var last = Start(text, "killed"))
        {
            var error = last.StandardError.ReadToEnd();
            last.WaitForExit();
            Assert.True(last.ExitCode == 0, $"seed {seed}: {error}");
        }

        Assert.True(killed > 0, $"seed {seed}: the run was too fast to be killed.");
        Assert.Equal(RunFiles.Fingerprint(_folder.In("whole")), RunFiles.Fingerprint(_folder.In("killed")));
    }

    [Fact]
    public void Run_Terminated_SavesAndSaysHowToGoOn()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "SIGTERM is a signal of Unix.");
        var text = TextFile.Write(_folder.Path);
        using var process = Start(text, "stopped", "--steps", "100000");
        var log = _folder.In("stopped", "reference", "log.jsonl");
        while (!process.HasExited && !(File.Exists(log) && new FileInfo(log).Length > 0))
        {
            Thread.Sleep(20);
        }

        using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
        {
            kill.WaitForExit();
        }

        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        Assert.Equal(
            ["stopping after this step; press Ctrl-C again to stop at once",
                "stopped; everything is saved; run the same command to go on."],
            error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.NotNull(Engine.Training.CheckpointFolders.Latest(_folder.In("stopped", "reference")));
    }

    private Process Start(string text, string name, params string[] more)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "inheritune.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var arg in (
            string[])[program, "run", "--preset", "smoke", "--data", text, "--out", _folder.In(name),
            "--checkpoint-every", "7", .. more])
        {
            start.ArgumentList.Add(arg);
        }

        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        return process;
    }
}
