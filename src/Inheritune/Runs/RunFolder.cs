using System.Text.Json.Nodes;
using Inheritune.Cli;
using Inheritune.Engine.Files;
using Inheritune.Recipes;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>
/// The folder of a run: recipe.json, result.json, report.html, data/, analysis/ and one folder per model.
/// </summary>
internal sealed class RunFolder : IRunStore, IDisposable
{
    private readonly FileStream _lock;

    private RunFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>Full path.</summary>
    public string Path { get; }

    /// <summary>
    /// Creates the folder with its recipe, or opens one that was made with the same recipe.
    /// </summary>
    /// <exception cref="RunException">Another recipe, another process, or a folder that is something
    /// else.</exception>
    public static RunFolder Open(string path, OptionValues values)
    {
        path = System.IO.Path.GetFullPath(path);
        if (File.Exists(path))
        {
            throw new RunException($"--out: {path} is a file. Choose a folder.");
        }

        if (Directory.Exists(path) && !File.Exists(In(path, "recipe.json")) && !HoldsOnly(path))
        {
            throw new RunException(
                $"--out: {path} holds other files and no recipe.json. Choose a new or empty folder.");
        }

        Create(path);
        var folder = new RunFolder(path, Lock(path));
        try
        {
            folder.CheckRecipe(values);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        return folder;
    }

    /// <summary>A path inside the folder.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>What earlier sessions did, or a new result.</summary>
    public RunResult Load(MachineResult machine)
    {
        var path = In("result.json");
        if (File.Exists(path))
        {
            var found = ResultJson.Read(File.ReadAllText(path), path);
            found.Machine = machine with { Started = found.Machine.Started };
            return found;
        }

        return new RunResult
        {
            Name = System.IO.Path.GetFileName(Path),
            Recipe = (JsonObject)JsonNode.Parse(File.ReadAllText(In("recipe.json")))!,
            Machine = machine,
        };
    }

    /// <inheritdoc/>
    public void Save(RunResult result)
    {
        AtomicFile.WriteAllText(In("result.json"), ResultJson.Write(result));
        AtomicFile.WriteAllText(In("report.html"), RunReport.Render(result));
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private void CheckRecipe(OptionValues values)
    {
        // A folder whose run failed before it made anything takes another recipe: a mistyped path costs nothing.
        var path = In("recipe.json");
        if (!File.Exists(path) || HoldsOnly(Path, "recipe.json"))
        {
            AtomicFile.WriteAllText(path, RecipeFile.ToJson(values));
            return;
        }

        IReadOnlyList<(string Name, string InFile, string Asked)> differences;
        try
        {
            differences = RecipeFile.Differences(File.ReadAllText(path), values);
        }
        catch (UsageException e)
        {
            throw new RunException(
                $"{e.Message} The folder was made by another version; choose a new --out.", e);
        }

        if (differences.Count > 0)
        {
            var list = string.Join(", ", differences.Select(d => $"{d.Name} is {Show(d.InFile)} there and "
                + $"{Show(d.Asked)} here"));
            throw new RunException($"--out: {Path} holds a run with another recipe: {list}. Give the same "
                + "options, or a new --out.");
        }
    }

    private static string Show(string value) => value.Length == 0 ? "empty" : value;

    /// <summary>True if nothing is in the folder but its lock, leftovers of an interrupted write and the names given.</summary>
    private static bool HoldsOnly(string path, params ReadOnlySpan<string> names)
    {
        foreach (var entry in Directory.EnumerateFileSystemEntries(path))
        {
            var name = System.IO.Path.GetFileName(entry);
            if (name != "run.lock" && !name.Contains(".tmp-", StringComparison.Ordinal) && !names.Contains(name))
            {
                return false;
            }
        }

        return true;
    }

    private static string In(string folder, string name) => System.IO.Path.Combine(folder, name);

    private static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunException(
                $"--out: cannot make {path}: {e.Message} Choose a folder you may write to.", e);
        }
    }

    private static FileStream Lock(string path)
    {
        var name = In(path, "run.lock");
        try
        {
            return new FileStream(name, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new RunException(
                $"--out: cannot write to {path}: {e.Message} Choose a folder you may write to.", e);
        }
        catch (IOException e)
        {
            throw new RunException(
                $"--out: cannot hold {path}: {e.Message} Is the same run going on elsewhere? Wait for it, "
                    + "or choose another folder.", e);
        }
    }
}
