using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Canonical composition (Unicode normalisation form C), by own tables.</summary>
/// <remarks>
/// <see cref="string.Normalize()"/> is no help: without globalisation data .NET returns the text unchanged and
/// says nothing.
/// </remarks>
internal sealed class Composition : Normalizer
{
    private Composition()
    {
    }

    public static Composition Instance { get; } = new();

    public override string Normalize(string original) => Compose(original);

    public override string Normalize(ReadOnlySpan<char> original) => Compose(new string(original));

    /// <summary>The composed text; a lone surrogate becomes U+FFFD.</summary>
    public static string Compose(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        if (IsComposed(utf8))
        {
            return Encoding.UTF8.GetString(utf8);
        }
        var output = new ArrayBufferWriter<byte>(utf8.Length + 16);
        Compose(utf8, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>
    /// Whether composing surely changes nothing. False also for text that only might change, such as marks.
    /// </summary>
    public static bool IsComposed(ReadOnlySpan<byte> utf8) => FirstUnstable(utf8, 0, out _) == utf8.Length;

    /// <summary>Appends the composed text; an invalid byte sequence becomes U+FFFD.</summary>
    public static void Compose(ReadOnlySpan<byte> utf8, ArrayBufferWriter<byte> output)
    {
        var runes = new List<int>();
        var parts = new List<int>();
        int at = 0;
        while (at < utf8.Length)
        {
            // From the last stable rune before an unstable one to the next stable one: all that can change.
            int unstable = FirstUnstable(utf8, at, out int before);
            if (unstable == utf8.Length)
            {
                output.Write(utf8[at..]);
                return;
            }
            output.Write(utf8[at..before]);
            at = before;
            runes.Clear();
            while (at < utf8.Length)
            {
                Rune.DecodeFromUtf8(utf8[at..], out Rune rune, out int length);
                if (at > unstable && CompositionTables.Instance.IsStable(rune.Value))
                {
                    break;
                }
                runes.Add(rune.Value);
                at += length;
            }
            ComposeRunes(runes, parts);
            Write(parts, output);
        }
    }

    /// <summary>
    /// The position of the next rune that may change or take part in a change, and where the rune before it
    /// begins.
    /// </summary>
    private static int FirstUnstable(ReadOnlySpan<byte> utf8, int from, out int before)
    {
        CompositionTables tables = CompositionTables.Instance;
        int at = from;
        before = from;
        while (at < utf8.Length)
        {
            // Below U+0300, that is below the byte 0xCC, every rune is stable.
            int skipped = utf8[at..].IndexOfAnyInRange((byte)0xCC, (byte)0xFF);
            if (skipped < 0)
            {
                return utf8.Length;
            }
            if (skipped > 0)
            {
                at += skipped;
                before = at - 1;
                while (before > from && (utf8[before] & 0xC0) == 0x80)
                {
                    before--;
                }
            }
            if (Rune.DecodeFromUtf8(utf8[at..], out Rune rune, out int length) != OperationStatus.Done
                || !tables.IsStable(rune.Value))
            {
                return at;
            }
            before = at;
            at += length;
        }
        return utf8.Length;
    }

    /// <summary>Decomposes, sorts the marks by their class, and composes (Unicode, section 3.11).</summary>
    private static void ComposeRunes(List<int> runes, List<int> parts)
    {
        CompositionTables tables = CompositionTables.Instance;
        parts.Clear();
        foreach (int rune in runes)
        {
            tables.Decompose(rune, parts);
        }
        SortMarks(parts, tables);
        int kept = 0;
        int starter = -1;
        int lastClass = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            int rune = parts[i];
            int itsClass = tables.ClassOf(rune);
            // Blocked when a mark between has the same class or a higher one, or is a starter.
            bool isAdjacent = starter == kept - 1;
            if (starter >= 0 && (isAdjacent || lastClass < itsClass)
                && tables.Compose(parts[starter], rune) is >= 0 and int whole)
            {
                parts[starter] = whole;
                continue;
            }
            if (itsClass == 0)
            {
                starter = kept;
            }
            lastClass = itsClass;
            parts[kept++] = rune;
        }
        parts.RemoveRange(kept, parts.Count - kept);
    }

    /// <summary>
    /// Stable, and only within runs of marks; a run can be long, so it is not sorted by insertion.
    /// </summary>
    private static void SortMarks(List<int> parts, CompositionTables tables)
    {
        for (int start = 0; start < parts.Count;)
        {
            int end = start;
            bool isSorted = true;
            int last = 0;
            while (end < parts.Count && tables.ClassOf(parts[end]) is > 0 and int itsClass)
            {
                isSorted &= last <= itsClass;
                last = itsClass;
                end++;
            }
            if (!isSorted)
            {
                int[] sorted = [.. parts.GetRange(start, end - start).OrderBy(tables.ClassOf)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    parts[start + i] = sorted[i];
                }
            }
            start = Math.Max(end, start + 1);
        }
    }

    private static void Write(List<int> runes, ArrayBufferWriter<byte> output)
    {
        foreach (int rune in runes)
        {
            output.Advance(new Rune(rune).EncodeToUtf8(output.GetSpan(4)));
        }
    }
}
