using System.Diagnostics;
using System.Runtime.Versioning;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

/// <summary>Runs on disks that are full or must not be written.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Run_OnADiskThatFillsUp_SaysSoAndGoesOnWhenThereIsRoom()
    {
        new TrainingRun(_task.Folder["whole"], _task.Trainer(), _task.Batches).Run();
        var disk = Directory.CreateDirectory(_task.Folder["disk"]).FullName;
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            && Mount("-t", "tmpfs", "-o", "size=200k", "tmpfs", disk),
            "a small disk can only be mounted by root on Linux");
        try
        {
            var run = Path.Combine(disk, "run");
            var error = Assert.ThrowsAny<IOException>(() =>
                new TrainingRun(run, _task.Trainer(), _task.Batches).Run());
            Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);

            Assert.True(Mount("-o", "remount,size=4m", disk));
            new TrainingRun(run, _task.Trainer(), _task.Batches).Run();
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(_task.Folder["whole"])!,
                "model.safetensors")),
                File.ReadAllBytes(Path.Combine(CheckpointFolders.Latest(run)!, "model.safetensors")));
        }
        finally
        {
            Start("umount", disk);
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void Run_InAFolderWithoutPermission_SaysSo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "folders of Windows have other permissions");
        var isRoot = Environment.IsPrivilegedProcess;
        Assert.SkipWhen(isRoot && !OperatingSystem.IsLinux(), "root may write everywhere");

        // Not even root makes folders in /proc.
        var folder = isRoot
            ? "/proc"
            : Directory.CreateDirectory(
                _task.Folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute).FullName;
        var error = Assert.ThrowsAny<IOException>(
            () => new TrainingRun(Path.Combine(folder, "run"), _task.Trainer(), _task.Batches).Run());
        Assert.Contains("Check the path", error.Message, StringComparison.Ordinal);
    }

    private static bool Mount(params string[] arguments) => Start("mount", arguments);

    private static bool Start(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
