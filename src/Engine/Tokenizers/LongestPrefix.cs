namespace Inheritune.Engine.Tokenizers;

/// <summary>Finds the longest of some byte strings that a text begins with.</summary>
internal sealed class LongestPrefix
{
    private readonly (byte[] Content, int Value)[]?[] _byFirstByte = new (byte[], int)[256][];

    public LongestPrefix(IEnumerable<(byte[] Content, int Value)> entries)
    {
        foreach (var group in entries.GroupBy(entry => entry.Content[0]))
        {
            _byFirstByte[group.Key] = [.. group.OrderByDescending(entry => entry.Content.Length)];
        }
    }

    /// <returns>The value of the longest entry; −1 when there is none.</returns>
    public int Match(ReadOnlySpan<byte> text, out int length)
    {
        foreach ((byte[] content, int value) in _byFirstByte[text[0]] ?? [])
        {
            if (text.StartsWith(content))
            {
                length = content.Length;
                return value;
            }
        }
        length = 0;
        return -1;
    }
}
