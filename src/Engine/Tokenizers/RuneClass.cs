using System.Globalization;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>The four classes of characters that pre-tokenisation tells apart, decided per rune.</summary>
internal static class RuneClass
{
    public const byte Other = 0;
    public const byte Letter = 1;
    public const byte Number = 2;
    public const byte Space = 3;

    /// <summary>Class of each ASCII byte; 255 for bytes of longer characters.</summary>
    public static readonly byte[] OfByte = new byte[256];

    // One look-up instead of a category search: 64 KiB that stay in the cache for the scripts of a text.
    private static readonly byte[] OfBasicRune = new byte[0x10000];

    static RuneClass()
    {
        for (int value = 0; value < OfBasicRune.Length; value++)
        {
            OfBasicRune[value] = Rune.TryCreate(value, out Rune rune) ? Of(rune) : Other;
        }
        Array.Fill(OfByte, (byte)255);
        Array.Copy(OfBasicRune, OfByte, 128);
    }

    /// <summary>Class and byte length of the rune at a position; an invalid byte is of class Other.</summary>
    public static byte At(ReadOnlySpan<byte> text, int position, out int length)
    {
        byte ofByte = OfByte[text[position]];
        if (ofByte != 255)
        {
            length = 1;
            return ofByte;
        }
        if (Rune.DecodeFromUtf8(text[position..], out Rune rune, out length)
            != System.Buffers.OperationStatus.Done)
        {
            return Other;
        }
        return rune.Value < OfBasicRune.Length ? OfBasicRune[rune.Value] : Of(rune);
    }

    /// <summary>Whether a rune may be part of a word, for tokens that must stand alone.</summary>
    public static bool IsWordRune(Rune rune)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        int value = rune.Value;
        return category <= UnicodeCategory.EnclosingMark
            || category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.ConnectorPunctuation
            || value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
                or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);
    }

    private static byte Of(Rune rune)
    {
        if (Rune.IsWhiteSpace(rune))
        {
            return Space;
        }
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        return category <= UnicodeCategory.OtherLetter ? Letter
            : category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber ? Number
            : Other;
    }
}
