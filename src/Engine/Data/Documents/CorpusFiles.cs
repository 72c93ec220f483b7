using System.Text;

namespace Inheritune.Engine.Data.Documents;

/// <summary>
/// Finds the files that paths, folders and globs name. Names that begin with '.' or '_' are left out; the
/// order is that of the UTF-8 bytes of the path below the folder, the same on every machine.
/// </summary>
internal static class CorpusFiles
{
    /// <exception cref="CorpusException">Nothing matches, or a named file is of no known kind.</exception>
    public static List<CorpusFile> Find(IReadOnlyList<string> paths, CorpusStatistics statistics)
    {
        var files = new List<CorpusFile>();
        foreach (string path in paths)
        {
            int before = files.Count;
            if (File.Exists(path))
            {
                files.Add(CorpusFile.FromName(path, Path.GetFileName(path)) ?? throw UnknownKind(path));
            }
            else if (Directory.Exists(path))
            {
                files.AddRange(Walk(path, _ => true, statistics));
            }
            else if (path.AsSpan().IndexOfAny('*', '?') >= 0)
            {
                files.AddRange(Match(path, statistics));
            }
            if (files.Count == before)
            {
                throw new CorpusException(
                    "missing",
                    $"Read text: {path}: expected text files (.parquet, .txt, .jsonl, .ndjson, .json, the last four also "
                    + ".gz and .zst), got none. Check the path; names that begin with '.' or '_' are left out.");
            }
        }
        return files;
    }

    private static List<CorpusFile> Match(string glob, CorpusStatistics statistics)
    {
        string[] parts = glob.Replace('\\', '/').Split('/');
        int first = Array.FindIndex(parts, part => part.AsSpan().IndexOfAny('*', '?') >= 0);
        string folder = string.Join('/', parts[..first]);
        folder = first == 0 ? "." : folder.Length == 0 ? "/" : folder;
        string[] pattern = parts[first..];
        return Directory.Exists(folder)
            ? Walk(folder, name => Matches(pattern, name.Split('/')), statistics)
            : [];
    }

    private static List<CorpusFile> Walk(
        string folder, Func<string, bool> isWanted, CorpusStatistics statistics)
    {
        var files = new List<CorpusFile>();
        Collect(folder, "");
        var keys = files.ToDictionary(file => file, file => Encoding.UTF8.GetBytes(file.Name));
        files.Sort((x, y) => keys[x].AsSpan().SequenceCompareTo(keys[y]));
        return files;

        void Collect(string current, string prefix)
        {
            foreach (string path in Directory.EnumerateFileSystemEntries(current))
            {
                string name = prefix + Path.GetFileName(path);
                bool isHidden = Path.GetFileName(path)[0] is '.' or '_';
                if (Directory.Exists(path))
                {
                    if (!isHidden)
                    {
                        Collect(path, name + "/");
                    }
                }
                else if (isWanted(name))
                {
                    CorpusFile? file = isHidden ? null : CorpusFile.FromName(path, name);
                    if (file is null)
                    {
                        statistics.SkippedFiles++;
                    }
                    else
                    {
                        files.Add(file);
                    }
                }
            }
        }
    }

    private static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> name)
    {
        if (pattern.IsEmpty || name.IsEmpty)
        {
            return pattern.IsEmpty && name.IsEmpty;
        }
        if (pattern[0] == "**")
        {
            return Matches(pattern[1..], name) || Matches(pattern, name[1..]);
        }
        return MatchesPart(pattern[0], name[0]) && Matches(pattern[1..], name[1..]);
    }

    private static bool MatchesPart(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        if (pattern.IsEmpty)
        {
            return name.IsEmpty;
        }
        if (pattern[0] == '*')
        {
            return MatchesPart(pattern[1..], name) || (!name.IsEmpty && MatchesPart(pattern, name[1..]));
        }
        return !name.IsEmpty && (pattern[0] == '?' || pattern[0] == name[0])
            && MatchesPart(pattern[1..], name[1..]);
    }

    private static CorpusException UnknownKind(string path) => new(
        "kind",
        $"Read text: {path}: expected .parquet, .txt, .jsonl, .ndjson or .json, the last four also packed as .gz or .zst, got "
        + $"\"{Path.GetExtension(path)}\". Unpack or convert the file first.");
}
