using System.Diagnostics;
using System.Text.RegularExpressions;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_KilledAtRandomMoments_EndsLikeAnUninterruptedOne()
    {
        KillHost.Run(_folder["whole"]);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var kills = 0;
        for (; kills < 5 && !StartAndKill(random); kills++)
        {
        }

        using var last = Start();
        Assert.True(last.WaitForExit(60_000));
        Assert.Equal(0, last.ExitCode);
        output.WriteLine($"{kills} kills, seed {seed}");
        Assert.Equal(Log("whole"), Log("run"));
        foreach (var file in new[] { "model.safetensors", "optimizer.safetensors", "trainer.json" })
        {
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(_folder["whole"])!, file)),
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(_folder["run"])!, file)));
        }
    }

    /// <summary>Kills (SIGKILL) some time after the log has grown; true if the run was done before.</summary>
    private bool StartAndKill(Random random)
    {
        using var process = Start();
        var log = new FileInfo(Path.Combine(_folder["run"], "log.jsonl"));
        var before = log.Exists ? log.Length : 0;
        var deadline = Stopwatch.StartNew();
        while (!process.HasExited && deadline.ElapsedMilliseconds < 20_000
            && (!log.Exists || log.Length <= before))
        {
            // The log may shrink first, when the run goes on from an earlier checkpoint.
            before = log.Exists ? Math.Min(before, log.Length) : before;
            Thread.Sleep(1);
            log.Refresh();
        }

        Thread.Sleep(random.Next(1, 120));
        var isDone = process.HasExited;
        if (!isDone)
        {
            process.Kill();
        }

        process.WaitForExit();
        Assert.True(!isDone || process.ExitCode == 0);
        return isDone;
    }

    private Process Start()
    {
        var host = Environment.ProcessPath!;
        var dotnet = Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var info = new ProcessStartInfo(dotnet, [typeof(KillHost).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment[KillHost.Variable] = _folder["run"];
        return Process.Start(info)!;
    }

    private string Log(string name) => Regex.Replace(
        File.ReadAllText(Path.Combine(_folder[name], "log.jsonl")), "\"ms\":[^}]*", "");
}
