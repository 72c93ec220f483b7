using System.Diagnostics;

namespace Inheritune.Tests.Runs;

/// <summary>Kills the real program at random moments; what it goes on to write has to be the same to the bit.</summary>
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
            var wait = TimeSpan.FromSeconds(wholeTime.TotalSeconds * 0.2) + TimeSpan.FromMilliseconds(random.Next(500));
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

    private Process Start(string text, string name)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "inheritune.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var arg in (string[])[program, "run", "--preset", "smoke", "--data", text, "--out", _folder.In(name), "--checkpoint-every", "7"])
        {
            start.ArgumentList.Add(arg);
        }

        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        return process;
    }
}
