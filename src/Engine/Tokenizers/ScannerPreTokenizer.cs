using System.Text;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>A scanner seen through the interface of pre-tokenizers, with offsets in UTF-16 units.</summary>
internal sealed class ScannerPreTokenizer<TScanner> : PreTokenizer
    where TScanner : struct, IPieceScanner
{
    public static ScannerPreTokenizer<TScanner> Instance { get; } = new();

    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return PreTokenize(text.AsSpan());
    }

    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        var utf8 = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, utf8);
        var pieces = new List<(int, int)>();
        int offset = 0;
        for (int start = 0; start < utf8.Length;)
        {
            int end = TScanner.Next(utf8, start);
            int length = Encoding.UTF8.GetCharCount(utf8, start, end - start);
            pieces.Add((offset, length));
            offset += length;
            start = end;
        }
        return pieces;
    }
}
