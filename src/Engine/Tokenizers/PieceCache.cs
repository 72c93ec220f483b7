using System.Buffers.Binary;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The ids of pieces seen before. Pieces of up to 15 bytes that give few ids, nearly all of them in ordinary
/// text, are two words in a table of fixed size, at one of a few places; the others are in a table of their own
/// that is emptied when full. One instance per thread at a time.
/// </summary>
internal sealed class PieceCache
{
    /// <summary>How many ids beyond those of the piece may be overwritten in an output.</summary>
    public const int Slack = InlineIds;

    private const int TableBits = 17;
    private const int Places = 4;
    private const int InlineIds = 3;
    private const int InlineBytes = 15;

    private static readonly Entry[] Nothing = new Entry[1];

    private readonly Entry[] _table = new Entry[(1 << TableBits) + Places - 1];
    private readonly LongPieceCache _long = new();
    private int _victim;

    /// <summary>
    /// Writes the ids of the piece text[start..end] at <paramref name="used"/> if they are known.
    /// </summary>
    /// <param name="text">The text. Read.</param>
    /// <param name="start">Where the piece begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="output">
    /// Overwritten from <paramref name="used"/> on; has room for an id per byte and <see cref="Slack"/> more.
    /// </param>
    /// <param name="used">Advanced by the number of ids.</param>
    public bool TryWrite(ReadOnlySpan<byte> text, int start, int end, Span<int> output, ref int used)
    {
        int length = end - start;
        if (length > InlineBytes)
        {
            return _long.TryWrite(text[start..end], output, ref used);
        }
        (ulong low, ulong high) = Key(text, start, length);
        int slot = Slot(low, high);
        ref Entry entry = ref _table[slot];
        if (entry.Low != low || entry.High != high)
        {
            entry = ref Elsewhere(low, high, slot);
            if (entry.High != high)
            {
                return _long.TryWrite(text[start..end], output, ref used);
            }
        }
        // Three writes without a branch are faster than the right number of them.
        Span<int> ids = output.Slice(used, InlineIds);
        ids[0] = entry.Id0;
        ids[1] = entry.Id1;
        ids[2] = entry.Id2;
        used += entry.Count;
        return true;
    }

    public void Add(ReadOnlySpan<byte> text, int start, int end, ReadOnlySpan<int> pieceIds)
    {
        int length = end - start;
        if (length > InlineBytes || pieceIds.Length > InlineIds)
        {
            _long.Add(text[start..end], pieceIds);
            return;
        }
        if (pieceIds.IsEmpty)
        {
            return;
        }
        (ulong low, ulong high) = Key(text, start, length);
        int slot = Slot(low, high);
        int place = 0;
        while (place < Places && _table[slot + place].Count > 0)
        {
            place++;
        }
        if (place == Places)
        {
            place = _victim++ % Places;
        }
        _table[slot + place] = new Entry
        {
            Low = low,
            High = high,
            Count = pieceIds.Length,
            Id0 = pieceIds[0],
            Id1 = pieceIds.Length > 1 ? pieceIds[1] : 0,
            Id2 = pieceIds.Length > 2 ? pieceIds[2] : 0,
        };
    }

    /// <summary>The entry at one of the next places; one with another key when there is none.</summary>
    private ref Entry Elsewhere(ulong low, ulong high, int slot)
    {
        for (int place = 1; place < Places; place++)
        {
            ref Entry entry = ref _table[slot + place];
            if (entry.Low == low && entry.High == high)
            {
                return ref entry;
            }
        }
        return ref Nothing[0];
    }

    /// <summary>Up to 15 bytes, zero-filled, and the length in the last byte.</summary>
    private static (ulong Low, ulong High) Key(ReadOnlySpan<byte> text, int start, int length)
    {
        ulong low;
        ulong high;
        if (start + 16 <= text.Length)
        {
            low = BinaryPrimitives.ReadUInt64LittleEndian(text[start..]);
            high = BinaryPrimitives.ReadUInt64LittleEndian(text[(start + 8)..]);
        }
        else
        {
            Span<byte> copy = stackalloc byte[16];
            copy.Clear();
            text[start..].CopyTo(copy);
            low = BinaryPrimitives.ReadUInt64LittleEndian(copy);
            high = BinaryPrimitives.ReadUInt64LittleEndian(copy[8..]);
        }
        if (length <= 8)
        {
            low &= ulong.MaxValue >> (64 - (8 * length));
            high = 0;
        }
        else
        {
            high &= ulong.MaxValue >> (128 - (8 * length));
        }
        return (low, high | ((ulong)length << 56));
    }

    private static int Slot(ulong low, ulong high)
    {
        ulong upper = Math.BigMul(low ^ 0x9E3779B97F4A7C15UL, high ^ 0xC2B2AE3D27D4EB4FUL, out ulong lower);
        return (int)((upper ^ lower) >> (64 - TableBits));
    }

    private struct Entry
    {
        public ulong Low;
        public ulong High;
        public int Count;
        public int Id0;
        public int Id1;
        public int Id2;
    }
}
