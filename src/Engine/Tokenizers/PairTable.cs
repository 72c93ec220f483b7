namespace Inheritune.Engine.Tokenizers;

/// <summary>Rank and result of each pair that may merge: open addressing, read-only once filled.</summary>
internal sealed class PairTable
{
    private const ulong Free = ulong.MaxValue;

    private readonly ulong[] _pairs;
    private readonly (int Rank, int Id)[] _values;
    private readonly int _shift;

    public PairTable(int count)
    {
        int bits = 4;
        while ((1L << bits) < 2L * count)
        {
            bits++;
        }
        _pairs = new ulong[1 << bits];
        Array.Fill(_pairs, Free);
        _values = new (int, int)[1 << bits];
        _shift = 64 - bits;
    }

    /// <summary>Adds a pair; false when it is there already.</summary>
    public bool TryAdd(int left, int right, int rank, int id)
    {
        int slot = Find(Key(left, right));
        if (_pairs[slot] != Free)
        {
            return false;
        }
        _pairs[slot] = Key(left, right);
        _values[slot] = (rank, id);
        return true;
    }

    /// <summary>
    /// The rank of a pair, <see cref="int.MaxValue"/> when it does not merge, and the result's id.
    /// </summary>
    public int Rank(int left, int right, out int id)
    {
        ulong key = Key(left, right);
        int slot = Find(key);
        if (_pairs[slot] != key)
        {
            id = -1;
            return int.MaxValue;
        }
        (int rank, id) = _values[slot];
        return rank;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Find(ulong key)
    {
        int slot = (int)((key * 0x9E3779B97F4A7C15UL) >> _shift);
        while (_pairs[slot] != key && _pairs[slot] != Free)
        {
            slot = (slot + 1) & (_pairs.Length - 1);
        }
        return slot;
    }
}
