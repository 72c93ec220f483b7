using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Merges as lines: merges.txt, vocab.bpe and the string form of tokenizer.json.</summary>
internal static class MergeLines
{
    private const int MaxBytes = 256 << 20;

    /// <exception cref="TokenizerException">A line is not two tokens with one space between.</exception>
    public static List<(string Left, string Right)> Read(string path)
    {
        var merges = new List<(string, string)>();
        string[] lines = ReadLines(path);
        for (int i = 0; i < lines.Length; i++)
        {
            bool isHeader = i == 0 && lines[i].StartsWith("#version", StringComparison.Ordinal);
            if (!isHeader && lines[i].Length > 0)
            {
                merges.Add(Split(lines[i], $"{path}: line {i + 1}"));
            }
        }
        return merges;
    }

    public static (string Left, string Right) Split(string line, string place)
    {
        int space = line.IndexOf(' ');
        return space > 0 && space < line.Length - 1 && line.IndexOf(' ', space + 1) < 0
            ? (line[..space], line[(space + 1)..])
            : throw new TokenizerException(
                $"{place}: merge: expected two tokens with one space between, got \"{line}\". Get "
                + $"the file again.");
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true)
                .GetString(JsonMembers.ReadBytes(path, MaxBytes));
            return text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        }
        catch (DecoderFallbackException fault)
        {
            throw new TokenizerException(
                $"{path}: content: expected UTF-8, got byte {fault.BytesUnknown?[0]:X2}.", fault);
        }
    }
}
