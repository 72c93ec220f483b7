namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// The folder "name.partial" in which files are prepared before they get their place. One run at a time
/// works in it; what an interrupted run left is there for the next.
/// </summary>
internal sealed class PrepareFolder : IDisposable
{
    private const string LockName = "lock";

    private readonly FileStream _lock;

    private PrepareFolder(string path, FileStream lockFile, PrepareState? state)
    {
        Path = path;
        _lock = lockFile;
        State = state;
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>What an interrupted run had done; null where there is nothing to go on with.</summary>
    public PrepareState? State { get; }

    /// <summary>Opens the folder of an output.</summary>
    /// <exception cref="CorpusException">Another run works in it.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static PrepareFolder Open(string output, string key)
    {
        string path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(output)) + ".partial";
        try
        {
            Directory.CreateDirectory(path);
            FileStream lockFile = Lock(path);
            PrepareState? state = PrepareState.TryRead(path, key);
            if (state is null)
            {
                foreach (string file in Directory.EnumerateFiles(path).Where(file => System.IO.Path.GetFileName(file) != LockName))
                {
                    File.Delete(file);
                }
            }
            return new PrepareFolder(path, lockFile, state);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Files.FileErrors.Explain(path, fault);
        }
    }

    /// <summary>Moves everything that was prepared.</summary>
    public void MoveTo(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(Path))
        {
            string name = System.IO.Path.GetFileName(file);
            if (name != LockName)
            {
                File.Move(file, System.IO.Path.Combine(folder, name));
            }
        }
    }

    /// <summary>Deletes the folder.</summary>
    public void Delete()
    {
        _lock.Dispose();
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(path, LockName), FileMode.Create, FileAccess.Write, FileShare.None);
        }
        catch (IOException fault) when (Directory.Exists(path) && !Files.FileErrors.IsDiskFull(fault))
        {
            throw new CorpusException(
                "folder", $"Prepare: {path}: another run is working there. Wait for it, or choose another folder.", fault);
        }
    }
}
