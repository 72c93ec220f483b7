namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Merges symbols: again and again the adjacent pair of lowest rank, the leftmost among equals. Few symbols
/// are scanned directly; many use a heap over a linked list, O(n log n), because a piece can be a million
/// spaces. Holds work space: one instance per thread at a time.
/// </summary>
internal sealed class SymbolMerger(PairTable pairs, MergeHistory? history = null)
{
    private const int DirectLimit = 32;

    private readonly ulong[] _candidates = new ulong[DirectLimit];
    private readonly ulong[] _symbols = new ulong[DirectLimit];
    private int[] _ids = new int[DirectLimit];
    private int[] _starts = new int[DirectLimit];
    private int[] _next = [];
    private int[] _previous = [];
    private ulong[] _heap = [];
    private int _heapCount;

    /// <summary>How many symbols there are.</summary>
    public int Count { get; private set; }

    /// <summary>The symbols.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Where in the text each symbol begins.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count);

    /// <summary>Starts a new list of at most <paramref name="capacity"/> symbols.</summary>
    public void Clear(int capacity)
    {
        Count = 0;
        if (_ids.Length < capacity)
        {
            int size = checked((int)Math.Min(Array.MaxLength, Math.Max(capacity, 2L * _ids.Length)));
            _ids = new int[size];
            _starts = new int[size];
        }
    }

    public void Add(int id, int start)
    {
        _ids[Count] = id;
        _starts[Count++] = start;
    }

    public void Merge()
    {
        if (Count <= DirectLimit && history is null)
        {
            MergeDirectly();
        }
        else
        {
            MergeByHeap();
        }
    }

    /// <summary>
    /// Rank and result of a pair are one number, and so are a symbol and its start: two short arrays to search
    /// and to move instead of four.
    /// </summary>
    private void MergeDirectly()
    {
        int count = Count;
        Span<ulong> candidates = _candidates;
        Span<ulong> symbols = _symbols;
        for (int i = 0; i < count; i++)
        {
            symbols[i] = ((ulong)(uint)_starts[i] << 32) | (uint)_ids[i];
        }
        for (int i = 0; i + 1 < count; i++)
        {
            candidates[i] = pairs.Candidate((uint)symbols[i], (uint)symbols[i + 1]);
        }
        while (count > 1)
        {
            int best = 0;
            ulong least = candidates[0];
            for (int i = 1; i < count - 1; i++)
            {
                if (candidates[i] < least)
                {
                    (best, least) = (i, candidates[i]);
                }
            }
            if (least == ulong.MaxValue)
            {
                break;
            }
            symbols[best] = (symbols[best] & ~(ulong)uint.MaxValue) | (uint)least;
            count--;
            for (int i = best + 1; i < count; i++)
            {
                symbols[i] = symbols[i + 1];
                candidates[i - 1] = candidates[i];
            }
            if (best + 1 < count)
            {
                candidates[best] = pairs.Candidate((uint)symbols[best], (uint)symbols[best + 1]);
            }
            if (best > 0)
            {
                candidates[best - 1] = pairs.Candidate((uint)symbols[best - 1], (uint)symbols[best]);
            }
        }
        for (int i = 0; i < count; i++)
        {
            _starts[i] = (int)(symbols[i] >> 32);
            _ids[i] = (int)(uint)symbols[i];
        }
        Count = count;
    }

    private void MergeByHeap()
    {
        int count = Count;
        Link(count);
        while (_heapCount > 0)
        {
            ulong entry = Pop();
            int left = (int)(uint)entry;
            int right = _next[left];
            // A stale entry: its symbol was swallowed, or the pair there has changed.
            if (_ids[left] < 0 || right >= count
                || pairs.Rank(_ids[left], _ids[right], out int id) != (int)(entry >> 32))
            {
                continue;
            }
            _ids[left] = id;
            _ids[right] = -1;
            int after = _next[right];
            _next[left] = after;
            if (_previous[left] >= 0)
            {
                Push(_previous[left], left);
            }
            if (after < count)
            {
                _previous[after] = left;
                Push(left, after);
            }
        }
        Compact(count);
        Shrink();
    }

    private void Link(int count)
    {
        if (_next.Length < count)
        {
            _next = new int[_ids.Length];
            _previous = new int[_ids.Length];
        }
        _heapCount = 0;
        for (int i = 0; i < count; i++)
        {
            _next[i] = i + 1;
            _previous[i] = i - 1;
            if (i + 1 < count)
            {
                Push(i, i + 1);
            }
        }
    }

    private void Compact(int count)
    {
        int kept = 0;
        for (int i = 0; i < count; i = _next[i])
        {
            _ids[kept] = _ids[i];
            _starts[kept++] = _starts[i];
        }
        Count = kept;
    }

    /// <summary>
    /// Does not keep the work space of one huge piece; ids and starts are still to be read.
    /// </summary>
    private void Shrink()
    {
        if (_heap.Length > 1 << 16)
        {
            _heap = [];
            _next = [];
            _previous = [];
        }
    }

    private void Push(int left, int right)
    {
        int rank = pairs.Rank(_ids[left], _ids[right], out int id);
        if (rank == int.MaxValue)
        {
            return;
        }
        history?.Note(_ids[left], _ids[right], id);
        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(64, checked(2 * _heap.Length)));
        }
        ulong entry = ((ulong)(uint)rank << 32) | (uint)left;
        int slot = _heapCount++;
        while (slot > 0 && _heap[(slot - 1) / 2] > entry)
        {
            _heap[slot] = _heap[(slot - 1) / 2];
            slot = (slot - 1) / 2;
        }
        _heap[slot] = entry;
    }

    private ulong Pop()
    {
        ulong top = _heap[0];
        ulong entry = _heap[--_heapCount];
        int slot = 0;
        while (true)
        {
            int child = 2 * slot + 1;
            if (child >= _heapCount)
            {
                break;
            }
            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
            {
                child++;
            }
            if (_heap[child] >= entry)
            {
                break;
            }
            _heap[slot] = _heap[child];
            slot = child;
        }
        _heap[slot] = entry;
        return top;
    }
}
