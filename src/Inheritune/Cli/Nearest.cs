namespace Inheritune.Cli;

/// <summary>The word most like a mistyped one.</summary>
internal static class Nearest
{
    /// <summary>The candidate with the fewest edits, or null when none is near.</summary>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        var best = candidates
            .Select(c => (Word: c, Edits: Edits(word, c)))
            .OrderBy(c => c.Edits)
            .ThenBy(c => c.Word, StringComparer.Ordinal)
            .FirstOrDefault((Word: "", Edits: int.MaxValue));
        return best.Edits <= Math.Max(2, word.Length / 2) ? best.Word : null;
    }

    /// <summary>
    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    /// </summary>
    public static int Edits(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var change = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + change);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
