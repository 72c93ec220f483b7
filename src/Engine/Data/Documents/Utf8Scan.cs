using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Inheritune.Engine.Data.Documents;

/// <summary>Finds and counts invalid UTF-8.</summary>
internal static class Utf8Scan
{
    /// <summary>The offset of the first byte that is not valid UTF-8; −1 when all is.</summary>
    public static int FirstInvalid(ReadOnlySpan<byte> text)
    {
        return Utf8.IsValid(text) ? -1 : Next(text, 0, out _);
    }

    /// <summary>
    /// How many maximal invalid pieces there are: one U+FFFD stands for each when decoding.
    /// </summary>
    public static int CountInvalid(ReadOnlySpan<byte> text)
    {
        int count = 0;
        for (int at = Next(text, 0, out int length); at >= 0; at = Next(text, at + length, out length))
        {
            count++;
        }
        return count;
    }

    private static int Next(ReadOnlySpan<byte> text, int from, out int length)
    {
        for (int at = from; at < text.Length; at += length)
        {
            if (Rune.DecodeFromUtf8(text[at..], out _, out length) != OperationStatus.Done)
            {
                return at;
            }
        }
        length = 0;
        return -1;
    }
}
