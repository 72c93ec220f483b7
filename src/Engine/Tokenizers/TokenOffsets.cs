using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Maps byte positions of tokens to UTF-16 positions. A token that holds part of a character covers all of
/// it; a text is only ever cut between characters.
/// </summary>
internal sealed class TokenOffsets
{
    private readonly TokenSink _sink;
    private readonly int[] _charAtByte;   // index of the character that owns the byte, in UTF-16 units
    private readonly int _charCount;

    public TokenOffsets(TokenSink sink, bool isNormalized)
    {
        _sink = sink;
        ReadOnlySpan<byte> text = sink.Text.WrittenSpan;
        _charAtByte = new int[text.Length + 1];
        int chars = 0;
        int owner = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (!IsContinuation(text[i]))
            {
                owner = chars;
                chars += text[i] >= 0xF0 ? 2 : 1;
            }
            _charAtByte[i] = owner;
        }
        _charAtByte[text.Length] = chars;
        _charCount = chars;
        NormalizedText = isNormalized ? Encoding.UTF8.GetString(text) : null;
    }

    public List<int> Ids => _sink.Ids;

    public string? NormalizedText { get; }

    /// <summary>
    /// The most first tokens, at most <paramref name="maxCount"/>, that end between characters.
    /// </summary>
    public int CountFromStart(int maxCount)
    {
        int count = Math.Min(maxCount, Ids.Count);
        while (count > 0 && count < Ids.Count && !IsBoundary(_sink.Ends[count - 1]))
        {
            count--;
        }
        return count;
    }

    /// <summary>
    /// The first of the most last tokens, at most <paramref name="maxCount"/>, that begin between characters.
    /// </summary>
    public int FirstFromEnd(int maxCount)
    {
        int first = Math.Max(0, Ids.Count - maxCount);
        while (first > 0 && first < Ids.Count && !IsBoundary(_sink.Starts[first]))
        {
            first++;
        }
        return first;
    }

    public int EndOf(int count) =>
        count == Ids.Count ? _charCount : count == 0 ? 0 : _charAtByte[_sink.Ends[count - 1]];

    public int StartOf(int first) =>
        first == Ids.Count ? _charCount : first == 0 ? 0 : _charAtByte[_sink.Starts[first]];

    public Range CharsOf(int token)
    {
        int end = _sink.Ends[token];
        while (!IsBoundary(end))
        {
            end++;
        }
        return _charAtByte[_sink.Starts[token]].._charAtByte[end];
    }

    private bool IsBoundary(int position)
    {
        ReadOnlySpan<byte> text = _sink.Text.WrittenSpan;
        return position >= text.Length || !IsContinuation(text[position]);
    }

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
