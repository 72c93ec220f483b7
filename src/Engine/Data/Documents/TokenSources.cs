using System.Text;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Finds token files (.bin) among the paths of a corpus: text that is encoded already.</summary>
internal static class TokenSources
{
    private const string Extension = ".bin";

    /// <summary>
    /// The token files in order, where the paths name nothing else: .bin files, globs of them, or folders
    /// that hold them and no text. Null where the paths name text.
    /// </summary>
    /// <exception cref="CorpusException">Some name token files and others text.</exception>
    public static List<string>? Find(CorpusOptions options)
    {
        var files = new List<string>();
        int found = 0;
        foreach (string path in options.Paths)
        {
            List<string> here = At(path);
            files.AddRange(here);
            found += here.Count > 0 ? 1 : 0;
        }
        if (found > 0 && found < options.Paths.Count)
        {
            throw new CorpusException(
                "kind", $"Prepare: {string.Join(", ", options.Paths)}: expected token files (.bin) or text, got both. "
                + "Prepare them one after the other.");
        }
        return found == 0 ? null : files;
    }

    private static List<string> At(string path)
    {
        if (File.Exists(path))
        {
            return IsTokenName(path) ? [path] : [];
        }
        if (Directory.Exists(path))
        {
            bool hasText = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Any(file => CorpusFile.FromName(file, Path.GetFileName(file)) is not null);
            return hasText ? [] : Sorted(Directory.EnumerateFiles(path, "*" + Extension));
        }
        string? folder = Path.GetDirectoryName(path);
        return IsTokenName(path) && Directory.Exists(folder is { Length: > 0 } ? folder : ".")
            ? Sorted(Directory.EnumerateFiles(folder is { Length: > 0 } ? folder : ".", Path.GetFileName(path)))
            : [];
    }

    private static bool IsTokenName(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    private static List<string> Sorted(IEnumerable<string> files)
    {
        List<string> sorted = [.. files.Where(file => Path.GetFileName(file)[0] is not ('.' or '_'))];
        sorted.Sort((x, y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y)));
        return sorted;
    }
}
