using System.Numerics;
using System.Runtime.Intrinsics;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The pattern of GPT-2, OPT and NeoX:
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.
/// </summary>
/// <remarks>
/// A regular expression of .NET classifies UTF-16 units and so misses letters above U+FFFF.
/// </remarks>
internal readonly struct Gpt2Scanner : IPieceScanner
{
    public const string Pattern =
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    public static int Next(ReadOnlySpan<byte> text, int start)
    {
        byte first = text[start];
        if (first == '\'')
        {
            int length = ContractionLength(text, start);
            if (length > 0)
            {
                return start + length;
            }
        }
        int body = first == ' ' && start + 1 < text.Length ? start + 1 : start;
        byte kind = RuneClass.At(text, body, out int runeLength);
        return kind == RuneClass.Space
            ? EndOfSpace(text, start)
            : EndOfRun(text, body + runeLength, kind);
    }

    /// <summary>The end of the run of runes of one class that goes on at a position.</summary>
    internal static int EndOfRun(ReadOnlySpan<byte> text, int position, byte kind)
    {
        if (kind == RuneClass.Letter)
        {
            position = EndOfAsciiLetters(text, position);
        }
        byte[] classes = RuneClass.OfByte;
        while ((uint)position < (uint)text.Length)
        {
            byte here = classes[text[position]];
            if (here == kind)
            {
                position++;
                continue;
            }
            if (here != 255 || RuneClass.At(text, position, out int length) != kind)
            {
                break;
            }
            position += length;
        }
        return position;
    }

    /// <summary>Sixteen bytes at a time; fewer near the end of the text are left to the caller.</summary>
    private static int EndOfAsciiLetters(ReadOnlySpan<byte> text, int position)
    {
        while (position <= text.Length - Vector128<byte>.Count)
        {
            Vector128<byte> lower = Vector128.Create(text.Slice(position, Vector128<byte>.Count))
                | Vector128.Create((byte)0x20);
            uint others = Vector128.GreaterThan(
                lower - Vector128.Create((byte)'a'), Vector128.Create((byte)25)).ExtractMostSignificantBits();
            if (others != 0)
            {
                return position + BitOperations.TrailingZeroCount(others);
            }
            position += Vector128<byte>.Count;
        }
        return position;
    }

    /// <summary>A run of white space leaves its last rune to the word that follows, if one does.</summary>
    internal static int EndOfSpace(ReadOnlySpan<byte> text, int start)
    {
        int end = start;
        int last = start;
        while (end < text.Length && RuneClass.At(text, end, out int length) == RuneClass.Space)
        {
            last = end;
            end += length;
        }
        return end < text.Length && last > start ? last : end;
    }

    private static int ContractionLength(ReadOnlySpan<byte> text, int start)
    {
        int left = text.Length - start;
        if (left < 2)
        {
            return 0;
        }
        byte first = text[start + 1];
        if (first is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d')
        {
            return 2;
        }
        if (left < 3)
        {
            return 0;
        }
        return (first, text[start + 2]) is
            ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l') ? 3 : 0;
    }
}
