using System.Text;

namespace Inheritune.Tests.Runs;

/// <summary>A small text to learn from, the same every time.</summary>
internal static class TextFile
{
    private static readonly string[] Words =
        ["returns", "the", "value", "of", "a", "stream", "that", "reads", "bytes", "from", "memory", "or",
            "throws", "when", "it", "is", "closed"];

    /// <summary>JSON lines with one sentence-like document each.</summary>
    public static string Write(string folder, int documents = 400, int seed = 1)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < documents; i++)
        {
            text.Append("{\"text\":\"");
            for (var w = 0; w < 60; w++)
            {
                text.Append(Words[random.Next(Words.Length)]).Append(w % 12 == 11 ? ". " : " ");
            }

            text.Append("\"}\n");
        }

        var path = Path.Combine(folder, "text.jsonl");
        File.WriteAllText(path, text.ToString());
        return path;
    }
}
