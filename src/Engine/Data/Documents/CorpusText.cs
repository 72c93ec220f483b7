namespace Inheritune.Engine.Data.Documents;

/// <summary>Values of a file in messages: short and on one line.</summary>
internal static class CorpusText
{
    /// <summary>The beginning of a text, with control characters escaped.</summary>
    public static string Shorten(string text, int length = 80)
    {
        string shown =
            string.Concat(text.Take(length).Select(c => char.IsControl(c) ? $"\\u{(int)c:X4}" : c.ToString()));
        return text.Length > length ? shown + "…" : shown;
    }
}
