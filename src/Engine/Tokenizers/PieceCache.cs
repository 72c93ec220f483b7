using System.Buffers.Binary;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The ids of pieces seen before. Pieces of up to 15 bytes, nearly all of them in ordinary text, are two
/// words in a direct-mapped table, so the memory is bounded by construction; longer ones are in a dictionary
/// that is emptied when full. One instance per thread at a time.
/// </summary>
internal sealed class PieceCache
{
    private const int TableBits = 16;
    private const int InlineIds = 3;
    private const int LongPieceLimit = 256;
    private const int LongEntryLimit = 1 << 15;

    private readonly Entry[] _table = new Entry[1 << TableBits];
    private readonly Dictionary<byte[], int[]> _long = new(ByteSequenceComparer.Instance);
    private readonly Dictionary<byte[], int[]>.AlternateLookup<ReadOnlySpan<byte>> _longLookup;

    public PieceCache()
    {
        _longLookup = _long.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Appends the ids of the piece text[start..end] if they are known.</summary>
    public bool TryAppend(ReadOnlySpan<byte> text, int start, int end, List<int> ids)
    {
        int length = end - start;
        if (length > 15)
        {
            return TryAppendLong(text[start..end], ids);
        }
        (ulong low, ulong high) = Key(text, start, length);
        ref Entry entry = ref _table[Slot(low, high)];
        if (entry.Low != low || entry.High != high)
        {
            return false;
        }
        ids.Add(entry.Id0);
        if (entry.Count > 1)
        {
            ids.Add(entry.Id1);
            if (entry.Count > 2)
            {
                ids.Add(entry.Id2);
            }
        }
        return true;
    }

    public void Add(ReadOnlySpan<byte> text, int start, int end, ReadOnlySpan<int> pieceIds)
    {
        int length = end - start;
        if (length > 15 || pieceIds.Length > InlineIds)
        {
            AddLong(text[start..end], pieceIds);
            return;
        }
        if (pieceIds.IsEmpty)
        {
            return;
        }
        (ulong low, ulong high) = Key(text, start, length);
        _table[Slot(low, high)] = new Entry
        {
            Low = low,
            High = high,
            Count = pieceIds.Length,
            Id0 = pieceIds[0],
            Id1 = pieceIds.Length > 1 ? pieceIds[1] : 0,
            Id2 = pieceIds.Length > 2 ? pieceIds[2] : 0,
        };
    }

    /// <summary>Short pieces that give too many ids for the table are with the long ones.</summary>
    public bool TryAppendLong(ReadOnlySpan<byte> piece, List<int> ids)
    {
        if (!_longLookup.TryGetValue(piece, out int[]? known))
        {
            return false;
        }
        ids.AddRange(known);
        return true;
    }

    private void AddLong(ReadOnlySpan<byte> piece, ReadOnlySpan<int> pieceIds)
    {
        if (piece.Length > LongPieceLimit)
        {
            return;
        }
        if (_long.Count >= LongEntryLimit)
        {
            _long.Clear();
        }
        _longLookup[piece] = pieceIds.ToArray();
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
            low &= ulong.MaxValue >> (64 - 8 * length);
            high = 0;
        }
        else
        {
            high &= ulong.MaxValue >> (128 - 8 * length);
        }
        return (low, high | ((ulong)length << 56));
    }

    private static int Slot(ulong low, ulong high) =>
        (int)(((low ^ (high * 0xC2B2AE3D27D4EB4FUL)) * 0x9E3779B97F4A7C15UL) >> (64 - TableBits));

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
