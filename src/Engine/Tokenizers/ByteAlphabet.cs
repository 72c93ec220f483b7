namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The printable character that stands for each byte in a byte-level vocabulary file: 0x21–0x7E, 0xA1–0xAC
/// and 0xAE–0xFF are themselves, the other 68 bytes are U+0100 and up, in increasing order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOfByte = new char[256];
    private static readonly short[] ByteOfChar = new short[0x144];

    static ByteAlphabet()
    {
        Array.Fill(ByteOfChar, (short)-1);
        int next = 0x100;
        for (int value = 0; value < 256; value++)
        {
            bool isItself = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            CharOfByte[value] = isItself ? (char)value : (char)next++;
            ByteOfChar[CharOfByte[value]] = (short)value;
        }
        BytesInOrder = [.. Enumerable.Range(0, 256).Select(v => (byte)v).OrderBy(v => CharOfByte[v])];
    }

    /// <summary>The bytes by code point of their character: the order of their ids in GPT-2.</summary>
    public static IReadOnlyList<byte> BytesInOrder { get; }

    public static char ToChar(byte value) => CharOfByte[value];

    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        Span<char> chars = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            chars[i] = CharOfByte[bytes[i]];
        }
        return new string(chars);
    }

    /// <summary>The bytes a file's token stands for; null when a character stands for no byte.</summary>
    public static byte[]? ToBytes(string token)
    {
        var bytes = new byte[token.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            char c = token[i];
            if (c >= ByteOfChar.Length || ByteOfChar[c] < 0)
            {
                return null;
            }
            bytes[i] = (byte)ByteOfChar[c];
        }
        return bytes;
    }
}
