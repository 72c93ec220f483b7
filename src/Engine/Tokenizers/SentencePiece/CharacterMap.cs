using System.Buffers.Binary;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The character map of a SentencePiece normaliser: a double-array trie over UTF-8, whose values are offsets
/// of NUL-terminated replacements.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _replacements;

    /// <exception cref="TokenizerException">The map points outside itself.</exception>
    public CharacterMap(ReadOnlySpan<byte> map, string place)
    {
        uint length = map.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(map) : uint.MaxValue;
        if (length > (uint)map.Length - 4 || length % 4 != 0 || length == 0)
        {
            throw new TokenizerException(
                $"{place}: character map: expected a trie inside {map.Length} bytes, got {length} bytes. "
                + "Get the file again.");
        }
        _units = new uint[length / 4];
        for (int i = 0; i < _units.Length; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + (4 * i))..]);
        }
        _replacements = map[(int)(4 + length)..].ToArray();
        Check(place);
    }

    /// <summary>The longest entry that the text begins with.</summary>
    /// <returns>How many bytes it has; 0 when there is none.</returns>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int longest = 0;
        int value = 0;
        uint position = Offset(_units[0]);
        for (int i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if (position >= (uint)_units.Length || Label(_units[position]) != text[i])
            {
                break;
            }
            uint unit = _units[position];
            position ^= Offset(unit);
            if (IsLeaf(unit))
            {
                longest = i + 1;
                value = (int)(_units[position] & 0x7FFFFFFF);
            }
        }
        replacement = longest > 0 ? _replacements.AsSpan(value) : default;
        replacement = longest > 0 ? replacement[..replacement.IndexOf((byte)0)] : default;
        return longest;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private static uint Label(uint unit) => unit & 0x800000FF;

    private static bool IsLeaf(uint unit) => (unit >> 8 & 1) != 0;

    /// <summary>Walks every unit that a text can reach.</summary>
    private void Check(string place)
    {
        int lastEnd = Array.LastIndexOf(_replacements, (byte)0);
        var isSeen = new bool[_units.Length];
        var pending = new Stack<uint>();
        pending.Push(0);
        isSeen[0] = true;
        while (pending.TryPop(out uint parent))
        {
            uint children = (parent == 0 ? 0 : parent) ^ Offset(_units[parent]);
            if (children >= (uint)_units.Length)
            {
                throw Outside($"unit {parent} points to {children} of {_units.Length}");
            }
            if (parent != 0 && IsLeaf(_units[parent]) && (_units[children] & 0x7FFFFFFF) > lastEnd)
            {
                throw Outside($"unit {children} points to replacement byte {_units[children] & 0x7FFFFFFF}");
            }
            for (uint label = 0; label < 256; label++)
            {
                uint child = children ^ label;
                if (child < (uint)_units.Length && !isSeen[child] && Label(_units[child]) == label)
                {
                    isSeen[child] = true;
                    pending.Push(child);
                }
            }
        }

        TokenizerException Outside(string got) =>
            new($"{place}: character map: expected a trie that stays inside itself, got {got}. "
                + "Get the file again.");
    }
}
