using System.Buffers;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Finds added tokens in UTF-8 text: leftmost, longest at that place, without overlap.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly (byte[] Content, AddedToken Token)[][] _byFirstByte;
    private readonly SearchValues<byte> _firstBytes;

    // Which byte may come second, by the first one; null where a token has one byte only. NeoX has tokens that
    // begin with a space: nearly every space of a text is dismissed by the byte after it.
    private readonly bool[]?[] _secondBytes = new bool[]?[256];

    public AddedTokenMatcher(IEnumerable<AddedToken> tokens, Func<string, string> normalize)
    {
        _byFirstByte = new (byte[], AddedToken)[256][];
        var entries = tokens
            .Select(token => (Content: Encoding.UTF8.GetBytes(normalize(token.Content)), Token: token))
            .Where(entry => entry.Content.Length > 0);
        foreach (var group in entries.GroupBy(entry => entry.Content[0]))
        {
            _byFirstByte[group.Key] = [.. group.OrderByDescending(entry => entry.Content.Length)];
            if (group.All(entry => entry.Content.Length > 1))
            {
                var isSecond = new bool[256];
                foreach ((byte[] content, _) in group)
                {
                    isSecond[content[1]] = true;
                }
                _secondBytes[group.Key] = isSecond;
            }
        }
        byte[] firstBytes =
            [.. Enumerable.Range(0, 256).Where(b => _byFirstByte[b] is not null).Select(b => (byte)b)];
        _firstBytes = SearchValues.Create(firstBytes);
        IsEmpty = firstBytes.Length == 0;
    }

    public bool IsEmpty { get; }

    /// <summary>
    /// The next token at or after <paramref name="from"/>, with the white space it swallows.
    /// </summary>
    public bool TryFind(ReadOnlySpan<byte> text, int from, out int id, out int start, out int end)
    {
        int position = from;
        while (!IsEmpty && position < text.Length)
        {
            int found = text[position..].IndexOfAny(_firstBytes);
            if (found < 0)
            {
                break;
            }
            position += found;
            AddedToken? token = Longest(text[position..], out int length);
            if (token is null)
            {
                position++;
                continue;
            }
            start = position;
            end = position + length;
            if (token.IsSingleWord && TouchesWord(text, start, end))
            {
                position = end;
                continue;
            }
            start = token.StripsLeft ? SpaceBefore(text, from, start) : start;
            end = token.StripsRight ? SpaceAfter(text, end) : end;
            id = token.Id;
            return true;
        }
        id = start = end = -1;
        return false;
    }

    private AddedToken? Longest(ReadOnlySpan<byte> text, out int length)
    {
        if (_secondBytes[text[0]] is { } isSecond && (text.Length < 2 || !isSecond[text[1]]))
        {
            length = 0;
            return null;
        }
        foreach ((byte[] content, AddedToken token) in _byFirstByte[text[0]])
        {
            if (text.StartsWith(content))
            {
                length = content.Length;
                return token;
            }
        }
        length = 0;
        return null;
    }

    private static bool TouchesWord(ReadOnlySpan<byte> text, int start, int end)
    {
        return (Rune.DecodeLastFromUtf8(text[..start], out Rune before, out _) == OperationStatus.Done
                && RuneClass.IsWordRune(before))
            || (Rune.DecodeFromUtf8(text[end..], out Rune after, out _) == OperationStatus.Done
                && RuneClass.IsWordRune(after));
    }

    private static int SpaceBefore(ReadOnlySpan<byte> text, int from, int start)
    {
        while (start > from
            && Rune.DecodeLastFromUtf8(text[from..start], out Rune rune, out int length)
                == OperationStatus.Done
            && Rune.IsWhiteSpace(rune))
        {
            start -= length;
        }
        return start;
    }

    private static int SpaceAfter(ReadOnlySpan<byte> text, int end)
    {
        while (end < text.Length
            && Rune.DecodeFromUtf8(text[end..], out Rune rune, out int length) == OperationStatus.Done
            && Rune.IsWhiteSpace(rune))
        {
            end += length;
        }
        return end;
    }
}
