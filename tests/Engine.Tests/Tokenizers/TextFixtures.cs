using System.Text.Json;

namespace Engine.Tests.Tokenizers;

/// <summary>Finds golden files in the repository and under each root of INHERITUNE_FIXTURES.</summary>
internal static class TextFixtures
{
    public static IReadOnlyList<string> Roots { get; } = FindRoots();

    /// <summary>The file in the first root that has it; null when none has.</summary>
    public static string? Find(string relativePath) =>
        Roots.Select(root => Path.Combine(root, relativePath)).FirstOrDefault(File.Exists);

    public static string Require(string relativePath)
    {
        string? path = Find(relativePath);
        Assert.SkipWhen(path is null, $"{relativePath} is not in the repository; set INHERITUNE_FIXTURES.");
        return path!;
    }

    public static JsonElement Json(string relativePath)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Require(relativePath)));
        return document.RootElement.Clone();
    }

    public static int[] Ids(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    public static string[] Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    private static List<string> FindRoots()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent;
        }
        Assert.NotNull(folder);
        string? more = Environment.GetEnvironmentVariable("INHERITUNE_FIXTURES");
        return [
            Path.Combine(folder.FullName, "tests", "fixtures"),
            .. (more ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        ];
    }
}
