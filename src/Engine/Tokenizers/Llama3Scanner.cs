namespace Inheritune.Engine.Tokenizers;

/// <summary>The pattern of Llama 3 and of cl100k_base.</summary>
internal readonly struct Llama3Scanner : IPieceScanner
{
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
        + @"\s*[\r\n]+|\s+(?!\S)|\s+";

    public static int Next(ReadOnlySpan<byte> text, int start)
    {
        byte first = text[start];
        if (first == '\'')
        {
            int contraction = ContractionLength(text[start..]);
            if (contraction > 0)
            {
                return start + contraction;
            }
        }
        byte kind = RuneClass.At(text, start, out int length);
        if (kind == RuneClass.Letter)
        {
            return Gpt2Scanner.EndOfRun(text, start + length, RuneClass.Letter);
        }
        if (kind == RuneClass.Number)
        {
            return EndOfNumber(text, start + length);
        }
        int second = start + length;
        bool hasSecond = second < text.Length;
        byte secondKind = hasSecond ? RuneClass.At(text, second, out _) : (byte)255;
        if (!IsLineEnd(first) && secondKind == RuneClass.Letter)
        {
            return Gpt2Scanner.EndOfRun(text, second, RuneClass.Letter);
        }
        if (kind == RuneClass.Other || (first == ' ' && secondKind == RuneClass.Other))
        {
            int end = Gpt2Scanner.EndOfRun(text, kind == RuneClass.Other ? start : second, RuneClass.Other);
            while (end < text.Length && IsLineEnd(text[end]))
            {
                end++;
            }
            return end;
        }
        return EndOfSpace(text, start);
    }

    private static int EndOfNumber(ReadOnlySpan<byte> text, int position)
    {
        for (int count = 1; count < 3 && position < text.Length; count++)
        {
            if (RuneClass.At(text, position, out int length) != RuneClass.Number)
            {
                break;
            }
            position += length;
        }
        return position;
    }

    private static int EndOfSpace(ReadOnlySpan<byte> text, int start)
    {
        int end = Gpt2Scanner.EndOfRun(text, start, RuneClass.Space);
        int lastLineEnd = text[start..end].LastIndexOfAny((byte)'\r', (byte)'\n');
        return lastLineEnd >= 0 ? start + lastLineEnd + 1 : Gpt2Scanner.EndOfSpace(text, start);
    }

    private static bool IsLineEnd(byte value) => value is (byte)'\r' or (byte)'\n';

    private static int ContractionLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return 0;
        }
        int first = text[1] | 0x20;
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }
        if (text.Length < 3)
        {
            return 0;
        }
        // U+017F is the long s, which equals s when case is ignored.
        bool isLongS = text[1] == 0xC5 && text[2] == 0xBF;
        return isLongS || (first, text[2] | 0x20) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
