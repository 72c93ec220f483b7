using Inheritune.Engine.Files;

namespace Inheritune.Engine.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("atomic-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Write_NewFileInNewFolder_HasContentsAndNothingElse()
    {
        var path = Path.Combine(_folder, "a", "b.txt");
        AtomicFile.WriteAllText(path, "größe");
        Assert.Equal("größe"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Write_ExistingFile_IsReplaced()
    {
        var path = Path.Combine(_folder, "b.bin");
        AtomicFile.WriteAllBytes(path, new byte[1000]);
        AtomicFile.WriteAllBytes(path, [1, 2]);
        Assert.Equal([1, 2], File.ReadAllBytes(path));
    }

    [Fact]
    public void Write_ActionThrows_OldFileStaysAndTemporaryIsGone()
    {
        var path = Path.Combine(_folder, "c.txt");
        AtomicFile.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException("stop");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_DiskFull_SaysSoAndLeavesNothing()
    {
        var path = Path.Combine(_folder, "d.txt");
        var error = Assert.Throws<IOException>(() => AtomicFile.Write(path, _ => throw new IOException("No space left", 28)));
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("Free some space", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_PathIsFolder_SaysSo()
    {
        var error = Assert.Throws<IOException>(() => AtomicFile.WriteAllText(_folder, "x"));
        Assert.Contains("expected a file name, got a folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ParentIsFile_SaysWhatAndWhere()
    {
        var file = Path.Combine(_folder, "file");
        AtomicFile.WriteAllText(file, "x");
        var error = Assert.Throws<IOException>(() => AtomicFile.WriteAllText(Path.Combine(file, "child"), "x"));
        Assert.StartsWith($"Write {Path.Combine(file, "child")}:", error.Message, StringComparison.Ordinal);
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_UnwritableFolder_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc");
        var error = Assert.Throws<IOException>(() => AtomicFile.WriteAllText("/proc/inheritune-test", "x"));
        Assert.StartsWith(
            "Write /proc/inheritune-test: the folder /proc ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_FillThrows_OldFolderStays()
    {
        var path = Path.Combine(_folder, "run");
        AtomicFolder.Write(path, folder => File.WriteAllText(Path.Combine(folder, "a"), "1"));
        Assert.Throws<InvalidOperationException>(() => AtomicFolder.Write(path, folder =>
        {
            File.WriteAllText(Path.Combine(folder, "a"), "2");
            throw new InvalidOperationException("stop");
        }));
        Assert.Equal("1", File.ReadAllText(Path.Combine(path, "a")));
        AtomicFolder.Write(path, folder => File.WriteAllText(Path.Combine(folder, "b"), "3"));
        Assert.Equal(["b"], Directory.GetFiles(path).Select(Path.GetFileName));
        Assert.Single(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Folder_InterruptedReplacement_IsPutBack()
    {
        var path = Path.Combine(_folder, "run");
        Directory.CreateDirectory(path + ".tmp-0123-old");
        Directory.CreateDirectory(path + ".tmp-0123");
        AtomicFolder.RemoveLeftovers(_folder);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }
}
