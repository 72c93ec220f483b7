using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Inheritune.Tests;

/// <summary>Dependencies point one way: Inheritune → Engine → Kernels. The project files and the sources say so.</summary>
public sealed partial class LayeringTests
{
    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("Kernels", "")]
    [InlineData("Engine", "Kernels")]
    [InlineData("Inheritune", "Engine")]
    public void Project_References_PointDown(string project, string allowed)
    {
        var references = ProjectFile(project).Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries), references);
    }

    [Theory]
    [InlineData("Kernels", new[] { "ManagedCuda-13", "ManagedCuda-CUBLAS", "ManagedCuda-NVRTC" })]
    [InlineData("Engine", new[] { "Microsoft.ML.Tokenizers" })]
    [InlineData("Inheritune", new[] { "System.CommandLine", "Spectre.Console" })]
    public void Project_Packages_AreTheAgreedOnes(string project, string[] allowed)
    {
        var packages = ProjectFile(project).Descendants("PackageReference").Select(e => e.Attribute("Include")!.Value);

        Assert.Empty(packages.Except(allowed));
    }

    [Theory]
    [InlineData("Engine")]
    [InlineData("Inheritune")]
    public void Sources_AboveKernels_HaveNoUnsafeCode(string project)
    {
        Assert.DoesNotContain("AllowUnsafeBlocks", ProjectFile(project).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Sources(project), f => UnsafeKeyword().IsMatch(File.ReadAllText(f)));
    }

    [Fact]
    public void Engine_NeverNamesCuda() =>
        Assert.DoesNotContain(
            Sources("Engine"), f => File.ReadAllText(f).Contains("cuda", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Sources_Files_AreShort()
    {
        var tooLong = new[] { "src", "bench", "tests" }
            .SelectMany(d => Directory.EnumerateFiles(Path.Combine(Root, d), "*.cs", SearchOption.AllDirectories))
            .Where(f => !IsBuildOutput(f))
            .Select(f => (File: Path.GetRelativePath(Root, f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > 400);

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Solution_HasEveryProject()
    {
        var solution = File.ReadAllText(Path.Combine(Root, "Inheritune.sln"));
        var projects = Directory.EnumerateFiles(Root, "*.csproj", SearchOption.AllDirectories)
            .Where(f => !IsBuildOutput(f))
            .Select(f => Path.GetFileName(f));

        Assert.All(projects, p => Assert.Contains(p, solution, StringComparison.Ordinal));
    }

    private static XDocument ProjectFile(string project) =>
        XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));

    private static IEnumerable<string> Sources(string project) =>
        Directory.EnumerateFiles(Path.Combine(Root, "src", project), "*.cs", SearchOption.AllDirectories)
            .Where(f => !IsBuildOutput(f));

    private static bool IsBuildOutput(string path)
    {
        var parts = Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar);
        return parts.Contains("bin") || parts.Contains("obj");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Inheritune.sln: not found above the tests.");
    }

    [GeneratedRegex(@"\bunsafe\b(?=\s+(static|class|struct|void|sealed|partial|delegate|\{))|\bunsafe\s*$", RegexOptions.Multiline)]
    private static partial Regex UnsafeKeyword();
}
