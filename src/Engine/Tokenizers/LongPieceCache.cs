using System.Buffers.Binary;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// The ids of long pieces, by open addressing; keys and ids lie one after another in two arrays. Emptied when
/// full, so the memory is bounded.
/// </summary>
internal sealed class LongPieceCache
{
    private const int TableBits = 16;
    private const int EntryLimit = 1 << (TableBits - 1);
    private const int PieceLimit = 256;
    private const int KeyLimit = EntryLimit * 48;

    private readonly Entry[] _table = new Entry[1 << TableBits];
    private byte[] _keys = new byte[1 << 12];
    private int[] _ids = new int[1 << 12];
    private int _count;
    private int _keyEnd;
    private int _idEnd;

    public bool TryWrite(ReadOnlySpan<byte> piece, Span<int> output, ref int used)
    {
        if (piece.Length > PieceLimit || _count == 0)
        {
            return false;
        }
        ref Entry entry = ref Find(piece, Hash(piece));
        if (entry.KeyLength == 0)
        {
            return false;
        }
        _ids.AsSpan(entry.IdStart, entry.IdCount).CopyTo(output[used..]);
        used += entry.IdCount;
        return true;
    }

    public void Add(ReadOnlySpan<byte> piece, ReadOnlySpan<int> pieceIds)
    {
        if (piece.Length > PieceLimit || piece.IsEmpty)
        {
            return;
        }
        if (_count == EntryLimit || _keyEnd + piece.Length > KeyLimit)
        {
            Array.Clear(_table);
            (_count, _keyEnd, _idEnd) = (0, 0, 0);
        }
        uint hash = Hash(piece);
        ref Entry entry = ref Find(piece, hash);
        if (entry.KeyLength > 0)
        {
            return;
        }
        entry = new Entry
        {
            Hash = hash,
            KeyStart = _keyEnd,
            KeyLength = piece.Length,
            IdStart = _idEnd,
            IdCount = pieceIds.Length,
        };
        Append(ref _keys, ref _keyEnd, piece);
        Append(ref _ids, ref _idEnd, pieceIds);
        _count++;
    }

    private ref Entry Find(ReadOnlySpan<byte> piece, uint hash)
    {
        int slot = (int)(hash >> (32 - TableBits));
        while (true)
        {
            ref Entry entry = ref _table[slot];
            if (entry.KeyLength == 0
                || (entry.Hash == hash && piece.SequenceEqual(_keys.AsSpan(entry.KeyStart, entry.KeyLength))))
            {
                return ref entry;
            }
            slot = (slot + 1) & (_table.Length - 1);
        }
    }

    private static uint Hash(ReadOnlySpan<byte> piece)
    {
        ulong hash = (ulong)piece.Length;
        while (piece.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(piece)) * 0x9E3779B97F4A7C15UL;
            hash ^= hash >> 32;
            piece = piece[8..];
        }
        ulong rest = 0;
        for (int i = 0; i < piece.Length; i++)
        {
            rest |= (ulong)piece[i] << (8 * i);
        }
        return (uint)(((hash ^ rest) * 0x9E3779B97F4A7C15UL) >> 32);
    }

    private static void Append<TItem>(ref TItem[] array, ref int end, ReadOnlySpan<TItem> items)
    {
        if (end + items.Length > array.Length)
        {
            Array.Resize(ref array, Math.Max(2 * array.Length, end + items.Length));
        }
        items.CopyTo(array.AsSpan(end));
        end += items.Length;
    }

    private struct Entry
    {
        public uint Hash;
        public int KeyStart;
        public int KeyLength;
        public int IdStart;
        public int IdCount;
    }
}
