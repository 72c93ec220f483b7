namespace Inheritune.Engine.Files;

/// <summary>Turns the operating system's file errors into sentences with a remedy.</summary>
internal static class FileErrors
{
    private const int UnixNoSpace = 28, UnixQuota = 122, MacQuota = 69;
    private const int WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>The disk, or the user's share of it, is full.</summary>
    public static bool IsDiskFull(Exception exception) => exception is IOException
        && exception.HResult is UnixNoSpace or UnixQuota or MacQuota or WindowsDiskFull or WindowsHandleDiskFull;

    /// <summary>An exception whose text says what failed, why and what to do.</summary>
    public static IOException Explain(string path, Exception exception)
    {
        var folder = Path.GetDirectoryName(path) ?? path;
        if (IsDiskFull(exception))
        {
            return new IOException(
                $"Write {path}: the disk is full{FreeSpace(folder)}. The file was not replaced. Free some "
                + "space or choose "
                + "another folder.",
                exception);
        }

        return exception switch
        {
            UnauthorizedAccessException or FileNotFoundException when Directory.Exists(folder) => new IOException(
                $"Write {path}: the folder {folder} is not writable. Change its permissions or choose "
                + "another folder.", exception),
            UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => new IOException(
                $"Write {path}: the folder {folder} does not exist and cannot be created. Check the "
                + "path.", exception),
            PathTooLongException => new IOException(
                $"Write {path}: the name is too long. Choose a shorter one.", exception),
            _ => new IOException($"Write {path}: {exception.Message}", exception),
        };
    }

    private static string FreeSpace(string folder)
    {
        try
        {
            return $" ({new DriveInfo(folder).AvailableFreeSpace / (1024.0 * 1024.0):F1} MiB free)";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return "";
        }
    }
}
