using System.Numerics;

namespace Inheritune.Engine.Tokenizers;

/// <summary>Rank and result of each pair that may merge: open addressing, read-only once filled.</summary>
internal sealed class PairTable
{
    private const ulong Free = ulong.MaxValue;

    private const int FilterBitsPerSlot = 8;

    private readonly Entry[] _entries;
    private readonly int _shift;

    // Most pairs of a text do not merge. One bit says so from a table that stays in the cache, where the
    // entries do not.
    private readonly ulong[] _filter;
    private readonly int _filterShift;

    public PairTable(int count)
    {
        int bits = 4;
        while ((1L << bits) < 2L * count)
        {
            bits++;
        }
        _entries = new Entry[1 << bits];
        Array.Fill(_entries, new Entry { Pair = Free });
        _shift = 64 - bits;
        _filter = new ulong[(FilterBitsPerSlot << bits) / 64];
        _filterShift = _shift - BitOperations.Log2(FilterBitsPerSlot);
    }

    /// <summary>Adds a pair; false when it is there already.</summary>
    public bool TryAdd(int left, int right, int rank, int id)
    {
        ulong key = Key(left, right);
        ref Entry entry = ref Find(key);
        if (entry.Pair != Free)
        {
            return false;
        }
        entry = new Entry { Pair = key, Rank = rank, Id = id };
        ulong bit = FilterBit(key);
        _filter[bit >> 6] |= 1UL << (int)(bit & 63);
        return true;
    }

    /// <summary>
    /// The rank of a pair, <see cref="int.MaxValue"/> when it does not merge, and the result's id.
    /// </summary>
    public int Rank(int left, int right, out int id)
    {
        ulong key = Key(left, right);
        ref Entry entry = ref Find(key);
        if (entry.Pair != key)
        {
            id = -1;
            return int.MaxValue;
        }
        id = entry.Id;
        return entry.Rank;
    }

    /// <summary>
    /// Rank (upper half) and result (lower half) of a pair; the largest number when it does not merge.
    /// </summary>
    public ulong Candidate(uint left, uint right)
    {
        ulong key = ((ulong)left << 32) | right;
        ulong bit = FilterBit(key);
        if ((_filter[bit >> 6] >> (int)(bit & 63) & 1) == 0)
        {
            return ulong.MaxValue;
        }
        ref Entry entry = ref Find(key);
        return entry.Pair == key ? ((ulong)(uint)entry.Rank << 32) | (uint)entry.Id : ulong.MaxValue;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private ulong FilterBit(ulong key) => (key * 0x9E3779B97F4A7C15UL) >> _filterShift;

    private ref Entry Find(ulong key)
    {
        Entry[] entries = _entries;
        int slot = (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
        while (true)
        {
            ref Entry entry = ref entries[slot];
            if (entry.Pair == key || entry.Pair == Free)
            {
                return ref entry;
            }
            slot = (slot + 1) & (entries.Length - 1);
        }
    }

    private struct Entry
    {
        public ulong Pair;
        public int Rank;
        public int Id;
    }
}
