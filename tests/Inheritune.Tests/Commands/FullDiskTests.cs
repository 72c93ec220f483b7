using System.Diagnostics;
using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;

namespace Inheritune.Tests.Commands;

/// <summary>
/// A run on a disk that fills up: one clear line, no half-written files, and it goes on once there is room.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_DiskFull_SaysSoAndGoesOnLater()
    {
        var disk = _folder.In("disk");
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
                && Mount("mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk),
            "no small disk can be mounted here");
        try
        {
            string[] args =
                ["run", "--preset", "smoke", "--data", TextFile.Write(_folder.Path), "--out",
                Path.Combine(disk, "run")];
            var (code, _, error) = CommandRunner.Run(args);

            Assert.Equal(1, code);
            Assert.Contains("full", error, StringComparison.Ordinal);
            Assert.Single(error.TrimEnd().Split('\n'));
            Assert.Empty(Directory.EnumerateFiles(disk, "*.tmp-*", SearchOption.AllDirectories));

            Assert.True(Mount("mount", "-o", "remount,size=50m", disk));
            Assert.Equal(0, CommandRunner.Run(args).Code);
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    private static bool Mount(string command, params string[] args)
    {
        using var process = Process.Start(
            new ProcessStartInfo(command, args) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
