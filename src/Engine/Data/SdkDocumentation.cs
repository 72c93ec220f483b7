using System.Runtime.InteropServices;
using System.Text;
using Inheritune.Engine.Data.Documents;

namespace Inheritune.Engine.Data;

/// <summary>
/// The documentation files that every .NET SDK carries beside its reference assemblies, as plain English
/// text: a corpus of some megabytes that needs no download.
/// </summary>
public static class SdkDocumentation
{
    // Documents of a few hundred words: a type with many members gives several, small types share one.
    private const int LongDocument = 3000;
    private const int ShortDocument = 400;

    // Machine instructions in words; not English.
    private const string LeftOut = "System.Runtime.Intrinsics.xml";

    /// <summary>Whether an SDK with documentation is installed.</summary>
    public static bool IsAvailable => Files().Count > 0;

    /// <summary>The folder of the SDK that is read; null when none has documentation.</summary>
    public static string? Root => Roots().FirstOrDefault(root => FilesUnder(root).Count > 0);

    /// <summary>The documents in a fixed order. A paragraph that occurred before is left out.</summary>
    /// <exception cref="CorpusException">No SDK with documentation is installed.</exception>
    public static IEnumerable<string> Documents()
    {
        List<string> files = Files();
        if (files.Count == 0)
        {
            throw new CorpusException(
                "missing",
                "Read text: documentation of the .NET SDK: expected packs/*.Ref/*/ref/*/*.xml below "
                + "the SDK, got none. "
                + "Only the runtime may be installed. Name text of your own with --data.");
        }
        return Compose(files.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered)
            .SelectMany(XmlDocumentation.Read));
    }

    /// <summary>The documentation files in the order they are read.</summary>
    internal static List<string> Files() => Root is { } root ? FilesUnder(root) : [];

    private static IEnumerable<string> Compose(IEnumerable<(string Type, string Paragraph)> paragraphs)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var document = new StringBuilder();
        string current = "";
        foreach ((string type, string paragraph) in paragraphs)
        {
            if (!seen.Add(paragraph))
            {
                continue;
            }
            bool isNewType = type != current;
            if (document.Length >= (isNewType ? ShortDocument : LongDocument))
            {
                yield return document.ToString();
                document.Clear();
            }
            if (isNewType || document.Length == 0)
            {
                document.Append(document.Length > 0 ? "\n" : "").Append(type).Append('\n');
                current = type;
            }
            document.Append('\n').Append(paragraph).Append('\n');
        }
        if (document.Length > 0)
        {
            yield return document.ToString();
        }
    }

    /// <summary>
    /// Newest version of each pack; a file that several packs carry is taken from the first.
    /// </summary>
    private static List<string> FilesUnder(string root)
    {
        string packs = Path.Combine(root, "packs");
        if (!Directory.Exists(packs))
        {
            return [];
        }
        var files = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal) { LeftOut };
        IEnumerable<string> packFolders = Directory.GetDirectories(packs, "*.Ref")
            .OrderBy(pack => Path.GetFileName(pack) != "Microsoft.NETCore.App.Ref")
            .ThenBy(pack => Path.GetFileName(pack), StringComparer.Ordinal);
        foreach (string pack in packFolders)
        {
            string? newest = Directory.GetDirectories(pack)
                .OrderByDescending(folder => VersionOf(folder))
                .ThenByDescending(folder => folder, StringComparer.Ordinal)
                .FirstOrDefault(folder => Directory.Exists(Path.Combine(folder, "ref")));
            if (newest is not null)
            {
                string[] found =
                    Directory.GetFiles(Path.Combine(newest, "ref"), "*.xml", SearchOption.AllDirectories);
                files.AddRange(
                    found.Order(StringComparer.Ordinal).Where(file => names.Add(Path.GetFileName(file))));
            }
        }
        return files;
    }

    private static Version VersionOf(string folder) =>
        Version.TryParse(Path.GetFileName(folder).Split('-')[0], out Version? version)
            ? version
            : new Version();

    /// <summary>Where an SDK may be: named, the running one, the usual places.</summary>
    private static IEnumerable<string> Roots()
    {
        string runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string?[] roots =
        [
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(runtime))),
            "/usr/share/dotnet",
            "/usr/lib/dotnet",
            "/usr/local/share/dotnet",
            Path.Combine(home, ".dotnet"),
            @"C:\Program Files\dotnet",
        ];
        return roots.OfType<string>().Where(root => root.Length > 0);
    }
}
