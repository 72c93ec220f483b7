namespace Inheritune.Engine.Files;

/// <summary>
/// Writes a folder of several files so that it appears whole or not at all: filled under "name.tmp-…" beside
/// its place, then renamed.
/// </summary>
public static class AtomicFolder
{
    /// <summary>Creates or replaces a folder.</summary>
    /// <param name="path">Final folder.</param>
    /// <param name="fill">Writes the files into the temporary folder it is given.</param>
    /// <exception cref="IOException">
    /// The parent cannot be written or the disk is full; an old folder is as it was.
    /// </exception>
    public static void Write(string path, Action<string> fill)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(fill);
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (File.Exists(target))
        {
            throw new IOException(
                $"Write {path}: expected a folder, got a file. Remove it or choose another name.");
        }

        var suffix = AtomicFile.TemporaryInfix + Guid.NewGuid().ToString("N")[..12];
        var temporary = target + suffix;
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            Replace(target, temporary, target + suffix + "-old");
        }
        catch (Exception exception) when (FileErrors.IsDiskFull(exception) || exception is UnauthorizedAccessException)
        {
            throw FileErrors.Explain(target, exception);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>
    /// Deletes what an interrupted <see cref="Write"/> or <see cref="AtomicFile"/> left in a folder.
    /// </summary>
    /// <remarks>Call it only where no other process writes.</remarks>
    public static void RemoveLeftovers(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(folder, "*" + AtomicFile.TemporaryInfix + "*"))
        {
            // NOTE: "-old" is the previous folder of an interrupted replacement: put it back where its
            // successor is missing.
            var place = entry[..entry.LastIndexOf(AtomicFile.TemporaryInfix, StringComparison.Ordinal)];
            if (entry.EndsWith("-old", StringComparison.Ordinal) && !Directory.Exists(place))
            {
                Directory.Move(entry, place);
            }
            else
            {
                TryDelete(entry);
            }
        }
    }

    private static void Replace(string target, string temporary, string old)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(temporary, target);
            return;
        }

        Directory.Move(target, old);
        try
        {
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Move(old, target);
            throw;
        }

        TryDelete(old);
    }

    private static void TryDelete(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
            else
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A leftover is harmless; RemoveLeftovers tries again.
        }
    }
}
