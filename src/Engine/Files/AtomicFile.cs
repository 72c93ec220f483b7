using System.Text;

namespace Inheritune.Engine.Files;

/// <summary>
/// Writes files so that a reader never sees half of one: to a temporary name in the same folder, flushed to
/// disk, then renamed over the old file. On failure the old file is as it was and the temporary one is gone.
/// </summary>
public static class AtomicFile
{
    /// <summary>Infix of temporary names: "model.safetensors.tmp-1f3a…".</summary>
    internal const string TemporaryInfix = ".tmp-";

    /// <summary>Writes UTF-8 text without a byte-order mark.</summary>
    /// <param name="path">File to create or replace; its folder is created if absent.</param>
    /// <param name="text">Whole contents.</param>
    /// <exception cref="IOException">
    /// The folder cannot be written, the disk is full, or the path is a folder.
    /// </exception>
    public static void WriteAllText(string path, string text) =>
        WriteAllBytes(path, new UTF8Encoding(false).GetBytes(text));

    /// <summary>Writes bytes.</summary>
    /// <inheritdoc cref="WriteAllText" path="/exception"/>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new PendingFile(path);
        file.Run(bytes, static (stream, data) => stream.Write(data));
    }

    /// <summary>Writes whatever <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">File to create or replace; its folder is created if absent.</param>
    /// <param name="write">
    /// Produces the contents; what it throws passes through, and nothing is replaced.
    /// </param>
    /// <inheritdoc cref="WriteAllText" path="/exception"/>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var file = new PendingFile(path);
        file.Run(write, static (stream, action) => action(stream));
    }

    /// <summary>The temporary file: committed by the end of <see cref="Run"/>, else deleted.</summary>
    private sealed class PendingFile : IDisposable
    {
        private readonly string _path;
        private readonly string _temporary;
        private readonly FileStream _stream;

        public PendingFile(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            _path = Path.GetFullPath(path);
            if (Directory.Exists(_path) || Path.EndsInDirectorySeparator(path))
            {
                throw new IOException(
                    $"Write {path}: expected a file name, got a folder. Give the name of a file inside it.");
            }

            _temporary = _path + TemporaryInfix + Guid.NewGuid().ToString("N")[..12];
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
                _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw FileErrors.Explain(_path, exception);
            }
        }

        public void Run<TState>(TState state, Action<Stream, TState> write)
            where TState : allows ref struct
        {
            try
            {
                write(_stream, state);
                _stream.Flush(flushToDisk: true);
                _stream.Dispose();
                File.Move(_temporary, _path, overwrite: true);
            }
            catch (Exception exception) when (FileErrors.IsDiskFull(exception) || exception is UnauthorizedAccessException)
            {
                throw FileErrors.Explain(_path, exception);
            }
        }

        public void Dispose()
        {
            try
            {
                _stream.Dispose();
            }
            catch (IOException)
            {
                // The error that matters is already on its way; closing a file on a full disk fails once
                // more.
            }

            try
            {
                File.Delete(_temporary);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // As above: never hide the first error.
            }
        }
    }
}
