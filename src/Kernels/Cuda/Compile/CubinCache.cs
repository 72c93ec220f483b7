using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Inheritune.Kernels.Cuda;

/// <summary>
/// Compiled kernels on disk. A file is the digest of its content and the content; its name is the digest of everything
/// that the content depends on. A bad file is deleted and its program compiled again; a folder that cannot be written
/// costs only time. Several processes may use one folder: the last writer wins, and all write the same.
/// </summary>
internal sealed class CubinCache(string? folder, long limitBytes = CubinCache.DefaultLimitBytes)
{
    /// <summary>Names another folder; "off" keeps nothing.</summary>
    public const string Variable = "INHERITUNE_KERNEL_CACHE";

    private const long DefaultLimitBytes = 256L << 20;
    private const string Extension = ".cubin";
    private static readonly byte[] Magic = "INHCUB01"u8.ToArray();

    /// <summary>Where the files are; null keeps nothing.</summary>
    public string? Folder { get; } = folder;

    /// <summary>The cache of this user.</summary>
    public static CubinCache OfUser() => new(UserFolder(Environment.GetEnvironmentVariable));

    /// <summary>The folder that the platform's convention gives.</summary>
    public static string? UserFolder(Func<string, string?> environment)
    {
        if (environment(Variable) is { Length: > 0 } chosen)
        {
            return chosen is "off" or "0" ? null : chosen;
        }

        var home = environment("HOME");
        var root =
            OperatingSystem.IsWindows() ? environment("LOCALAPPDATA")
            : OperatingSystem.IsMacOS() ? home is null ? null : Path.Combine(home, "Library", "Caches")
            : environment("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : home is null ? null : Path.Combine(home, ".cache");
        return string.IsNullOrEmpty(root) ? null : Path.Combine(root, "inheritune", "kernels");
    }

    /// <summary>The key of a compilation.</summary>
    public static string Key(string source, IEnumerable<string> options, Version compiler)
    {
        var engine = typeof(CubinCache).Assembly.GetName().Version;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{engine}\0{compiler}\0{string.Join('\0', options)}\0\0{source}")));
    }

    /// <summary>The image kept under a key, null if there is none.</summary>
    public byte[]? Read(string key)
    {
        if (Folder is null)
        {
            return null;
        }

        var path = PathOf(key);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var bytes = File.ReadAllBytes(path);
            if (Payload(bytes) is { } image)
            {
                // The time of the last use: what is used stays.
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
                return image;
            }

            File.Delete(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps an image.</summary>
    public void Write(string key, byte[] image)
    {
        if (Folder is null)
        {
            return;
        }

        var temporary = PathOf(key) + $".{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(Folder);
            using (var file = new FileStream(temporary, FileMode.CreateNew))
            {
                file.Write(Magic);
                Span<byte> length = stackalloc byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(length, image.Length);
                file.Write(length);
                file.Write(SHA256.HashData(image));
                file.Write(image);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PathOf(key), overwrite: true);
            Shrink();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
        }
    }

    private static byte[]? Payload(byte[] bytes)
    {
        var header = Magic.Length + 8 + SHA256.HashSizeInBytes;
        if (bytes.Length < header || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)
            || BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(Magic.Length)) != bytes.Length - header)
        {
            return null;
        }

        var image = bytes[header..];
        return bytes.AsSpan(Magic.Length + 8, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(image)) ? image : null;
    }

    private void Shrink()
    {
        var files = new DirectoryInfo(Folder!).GetFiles("*" + Extension + "*").OrderByDescending(f => f.LastWriteTimeUtc);
        long sizeBytes = 0;
        foreach (var file in files)
        {
            sizeBytes += file.Length;
            if (sizeBytes > limitBytes)
            {
                TryDelete(file.FullName);
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process may hold it: the next write tries again.
        }
    }

    private string PathOf(string key) => Path.Combine(Folder!, key + Extension);
}
