using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Cuda;

public sealed class CubinCacheTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"cubin-cache-{Guid.NewGuid():N}");

    private string OnlyFile => Assert.Single(Directory.GetFiles(_folder));

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void Read_Written_IsTheSame()
    {
        var cache = new CubinCache(_folder);
        cache.Write("a", [1, 2, 3]);

        Assert.Equal([1, 2, 3], new CubinCache(_folder).Read("a"));
        Assert.Null(cache.Read("b"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(20)]
    [InlineData(50)]
    public void Read_FlippedBit_IsDeletedAndBuiltAgain(int position)
    {
        var cache = new CubinCache(_folder);
        cache.Write("a", [1, 2, 3]);
        var bytes = File.ReadAllBytes(OnlyFile);
        bytes[position] ^= 4;
        File.WriteAllBytes(OnlyFile, bytes);

        Assert.Null(cache.Read("a"));
        Assert.Empty(Directory.GetFiles(_folder));
        cache.Write("a", [4]);
        Assert.Equal([4], cache.Read("a"));
    }

    [Fact]
    public void Read_Truncated_IsDeleted()
    {
        var cache = new CubinCache(_folder);
        cache.Write("a", [1, 2, 3]);
        var bytes = File.ReadAllBytes(OnlyFile);
        for (var length = 0; length < bytes.Length; length++)
        {
            cache.Write("a", [1, 2, 3]);
            File.WriteAllBytes(OnlyFile, bytes[..length]);
            Assert.Null(cache.Read("a"));
            Assert.Empty(Directory.GetFiles(_folder));
        }
    }

    [Fact]
    public void Write_OverTheLimit_DropsTheLeastRecentlyUsed()
    {
        var cache = new CubinCache(_folder, limitBytes: 400);
        cache.Write("old", new byte[100]);
        cache.Write("used", new byte[100]);
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "old.cubin"), DateTime.UtcNow.AddHours(-1));
        File.SetLastWriteTimeUtc(Path.Combine(_folder, "used.cubin"), DateTime.UtcNow.AddHours(-2));
        Assert.NotNull(cache.Read("used"));

        cache.Write("new", new byte[100]);

        Assert.Null(cache.Read("old"));
        Assert.NotNull(cache.Read("used"));
        Assert.NotNull(cache.Read("new"));
    }

    [Fact]
    public void Write_FolderThatCannotBe_IsNoError()
    {
        File.WriteAllText(_folder, "a file");
        try
        {
            var cache = new CubinCache(_folder);
            cache.Write("a", [1]);
            Assert.Null(cache.Read("a"));
        }
        finally
        {
            File.Delete(_folder);
        }
    }

    [Fact]
    public void Key_AnyPartDiffers_Differs()
    {
        var keys = new[]
        {
            CubinCache.Key("s", ["-a"], new Version(13, 0)), CubinCache.Key("s ", ["-a"], new Version(13, 0)),
            CubinCache.Key("s", ["-b"], new Version(13, 0)), CubinCache.Key("s", ["-a"], new Version(12, 9)),
            CubinCache.Key("s", ["-a", "-b"], new Version(13, 0)), CubinCache.Key("s", ["-a -b"], new Version(13, 0)),
        };

        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void UserFolder_Variables_Decide()
    {
        Assert.Null(CubinCache.UserFolder(name => name == CubinCache.Variable ? "off" : "/home/me"));
        Assert.Equal("/c", CubinCache.UserFolder(name => name == CubinCache.Variable ? "/c" : "/home/me"));
        Assert.Null(CubinCache.UserFolder(_ => null));
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the convention of Linux");
        Assert.Equal("/home/me/.cache/inheritune/kernels", CubinCache.UserFolder(n => n == "HOME" ? "/home/me" : null));
        Assert.Equal("/x/inheritune/kernels", CubinCache.UserFolder(n => n == "XDG_CACHE_HOME" ? "/x" : null));
    }
}
