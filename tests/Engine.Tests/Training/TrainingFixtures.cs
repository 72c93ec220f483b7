namespace Engine.Tests.Training;

/// <summary>Golden files: tests/fixtures and every root named in INHERITUNE_FIXTURES.</summary>
internal static class TrainingFixtures
{
    public static IReadOnlyList<string> Roots
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
            {
                folder = folder.Parent;
            }

            var roots = new List<string>();
            if (folder is not null)
            {
                roots.Add(Path.Combine(folder.FullName, "tests", "fixtures"));
            }

            var more = Environment.GetEnvironmentVariable("INHERITUNE_FIXTURES") ?? "";
            roots.AddRange(more.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
            return roots;
        }
    }

    /// <summary>Every copy of a file below the roots; skips the test where there is none.</summary>
    public static IReadOnlyList<string> Files(string relativePath)
    {
        var files = Roots.Select(root => Path.Combine(root, relativePath)).Where(File.Exists).ToList();
        Assert.SkipWhen(files.Count == 0, $"no {relativePath} in {string.Join(", ", Roots)}");
        return files;
    }

    /// <summary>Folders of training/ that hold an AdamW run.</summary>
    public static TheoryData<string> AdamWRuns()
    {
        var data = new TheoryData<string>();
        foreach (var root in Roots)
        {
            var training = Path.Combine(root, "training");
            if (Directory.Exists(training))
            {
                foreach (var folder in Directory.EnumerateDirectories(training, "adamw-*").Order(
                    StringComparer.Ordinal))
                {
                    data.Add(folder);
                }
            }
        }

        return data;
    }
}
