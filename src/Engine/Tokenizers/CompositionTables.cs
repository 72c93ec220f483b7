using System.Globalization;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Combining classes, decompositions and compositions of Unicode, read once from the resource
/// <c>Composition.txt</c>: without globalisation data the runtime has none of them.
/// </summary>
internal sealed class CompositionTables
{
    public const int HangulFirst = 0xAC00;
    public const int LeadFirst = 0x1100;
    public const int VowelFirst = 0x1161;
    public const int TailFirst = 0x11A7;   // one before the first tail: tail 0 is none
    public const int LeadCount = 19;
    public const int VowelCount = 21;
    public const int TailCount = 28;
    public const int HangulCount = LeadCount * VowelCount * TailCount;

    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<int, int[]> _parts = [];
    private readonly Dictionary<(int First, int Second), int> _wholes = [];
    private readonly HashSet<int> _unstable = [];
    private readonly ulong[] _basicUnstable = new ulong[0x10000 / 64];

    private CompositionTables()
    {
        using Stream stream = typeof(CompositionTables).Assembly.GetManifestResourceStream("Composition.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
            {
                ReadLine(line);
            }
        }
        FindUnstable();
    }

    public static CompositionTables Instance { get; } = new();

    /// <summary>The combining class: marks of lower class come first; 0 is a starter.</summary>
    public int ClassOf(int rune) => _classes.GetValueOrDefault(rune);

    /// <summary>The whole that two runes compose to; −1 when they do not.</summary>
    public int Compose(int first, int second)
    {
        int lead = first - LeadFirst;
        int vowel = second - VowelFirst;
        if ((uint)lead < LeadCount && (uint)vowel < VowelCount)
        {
            return HangulFirst + ((lead * VowelCount) + vowel) * TailCount;
        }
        int syllable = first - HangulFirst;
        int tail = second - TailFirst;
        if ((uint)syllable < HangulCount && syllable % TailCount == 0 && tail is > 0 and < TailCount)
        {
            return first + tail;
        }
        return _wholes.GetValueOrDefault((first, second), -1);
    }

    /// <summary>Appends what a rune decomposes to, or the rune itself.</summary>
    public void Decompose(int rune, List<int> parts)
    {
        int syllable = rune - HangulFirst;
        if ((uint)syllable < HangulCount)
        {
            parts.Add(LeadFirst + (syllable / (VowelCount * TailCount)));
            parts.Add(VowelFirst + (syllable / TailCount % VowelCount));
            if (syllable % TailCount > 0)
            {
                parts.Add(TailFirst + (syllable % TailCount));
            }
            return;
        }
        if (!_parts.TryGetValue(rune, out int[]? known))
        {
            parts.Add(rune);
            return;
        }
        foreach (int part in known)
        {
            Decompose(part, parts);
        }
    }

    /// <summary>
    /// Whether a rune is a starter, composed, and never composes with what stands before it: between two such
    /// runes nothing changes.
    /// </summary>
    public bool IsStable(int rune) => rune < 0x10000
        ? (_basicUnstable[rune >> 6] >> (rune & 63) & 1) == 0
        : !_unstable.Contains(rune);

    private void ReadLine(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string kind = line[..colon];
        foreach (string item in line[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (kind.StartsWith("class ", StringComparison.Ordinal))
            {
                int[] range = Numbers(item, '-');
                for (int rune = range[0]; rune <= range[^1]; rune++)
                {
                    _classes[rune] = byte.Parse(kind.AsSpan(6), CultureInfo.InvariantCulture);
                }
                continue;
            }
            string[] sides = item.Split('=');
            int whole = Numbers(sides[0], '+')[0];
            _parts[whole] = Numbers(sides[1], '+');
            if (kind == "pair")
            {
                _wholes[(_parts[whole][0], _parts[whole][1])] = whole;
            }
            else
            {
                _unstable.Add(whole);
            }
        }
    }

    private void FindUnstable()
    {
        _unstable.UnionWith(_classes.Keys);
        _unstable.UnionWith(_wholes.Keys.Select(pair => pair.Second));
        _unstable.UnionWith(Enumerable.Range(VowelFirst, VowelCount));
        _unstable.UnionWith(Enumerable.Range(TailFirst + 1, TailCount - 1));
        // A composed rune whose first part composes backwards does so too.
        var parts = new List<int>();
        foreach (int whole in _wholes.Values)
        {
            parts.Clear();
            Decompose(whole, parts);
            if (_unstable.Contains(parts[0]))
            {
                _unstable.Add(whole);
            }
        }
        foreach (int rune in _unstable)
        {
            if (rune < 0x10000)
            {
                _basicUnstable[rune >> 6] |= 1UL << (rune & 63);
            }
        }
    }

    private static int[] Numbers(string text, char separator) =>
        Array.ConvertAll(
            text.Split(separator),
            number => int.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
