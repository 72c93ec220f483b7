namespace Inheritune.Tests.Analysis;

/// <summary>
/// The golden files of the analysis: in the repository, and under the roots of INHERITUNE_FIXTURES.
/// </summary>
internal static class LazyLayersFiles
{
    private static readonly string Relative = Path.Combine("training", "lazy-layers.json");

    public static string Own => All().First();

    public static IEnumerable<string> All()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Inheritune.sln: not found above the tests.");
        }

        var more = (Environment.GetEnvironmentVariable("INHERITUNE_FIXTURES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return more.Prepend(Path.Combine(folder.FullName, "tests", "fixtures"))
            .Select(root => Path.Combine(root, Relative))
            .Where(File.Exists);
    }
}
