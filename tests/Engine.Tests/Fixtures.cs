namespace Inheritune.Tests.Support;

/// <summary>
/// Finds golden files: in tests/fixtures, and in every root that INHERITUNE_FIXTURES names (separated like
/// PATH, same layout).
/// </summary>
internal static class Fixtures
{
    private static readonly string[] AllRoots = FindRoots();

    /// <summary>The folders that hold checkpoints/, training/, tokenizers/, data/ and so on.</summary>
    public static IReadOnlyList<string> Roots => AllRoots;

    /// <summary>tests/fixtures of this repository.</summary>
    public static string Own => AllRoots[0];

    /// <summary>
    /// A file or folder by its relative path, in the first root that has it; null where none does.
    /// </summary>
    public static string? TryFind(string relativePath) => AllRoots
        .Select(root => Path.Combine(root, relativePath))
        .FirstOrDefault(path => File.Exists(path) || Directory.Exists(path));

    /// <summary>A file or folder that must be there.</summary>
    public static string Find(string relativePath) =>
        TryFind(relativePath) ?? throw new FileNotFoundException(
        $"Fixture {relativePath}: found in none of {string.Join(", ", AllRoots)}.");

    /// <summary>Every root that has the path.</summary>
    public static IEnumerable<string> FindAll(string relativePath) => AllRoots
        .Select(root => Path.Combine(root, relativePath))
        .Where(path => File.Exists(path) || Directory.Exists(path));

    /// <summary>
    /// Every folder under a relative path of any root, at any depth, that holds a file of this name.
    /// </summary>
    public static IEnumerable<string> FoldersWith(string relativePath, string fileName) =>
        FindAll(relativePath)
        .SelectMany(folder => Directory.EnumerateFiles(folder, fileName, SearchOption.AllDirectories))
        .Select(file => Path.GetDirectoryName(file)!)
        .Order(StringComparer.Ordinal);

    private static string[] FindRoots()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent;
        }

        var own = Path.Combine(folder?.FullName ?? AppContext.BaseDirectory, "tests", "fixtures");
        var more = (Environment.GetEnvironmentVariable("INHERITUNE_FIXTURES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(Path.GetFullPath)
            .Where(Directory.Exists);
        return [own, .. more.Where(root => root != own).Distinct(StringComparer.Ordinal)];
    }
}
