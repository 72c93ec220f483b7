using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Finds the merges for counted words. Pair counts are kept up to date as words change; a heap gives the most
/// frequent pair, its stale entries are put back with the current count.
/// </summary>
internal sealed class MergeSearch
{
    private readonly BpeTrainerOptions _options;
    private readonly List<byte[]> _tokens = [];
    private readonly Dictionary<byte[], int> _tokenIds = new(ByteSequenceComparer.Instance);
    private readonly HashSet<byte[]> _specialTexts;
    private readonly int[][] _words;
    private readonly long[] _wordCounts;
    private readonly Dictionary<ulong, Pair> _pairs = [];
    private readonly PriorityQueue<Pair, (long NegativeCount, ulong Key)> _heap = new();
    private readonly HashSet<Pair> _raised = [];

    /// <exception cref="TokenizerException">
    /// The vocabulary is too small for the bytes and special tokens.
    /// </exception>
    public MergeSearch(Dictionary<byte[], long> words, BpeTrainerOptions options)
    {
        _options = options;
        _specialTexts = new HashSet<byte[]>(
            options.SpecialTokens.Select(Encoding.UTF8.GetBytes), ByteSequenceComparer.Instance);
        int[] idOfByte = AddBytes(words.Keys);
        int smallest = _tokens.Count + options.SpecialTokens.Count;
        if (options.VocabSize < smallest)
        {
            throw new TokenizerException(
                $"Train tokenizer: vocabulary size: expected {smallest} or more ({_tokens.Count} bytes and "
                + $"{options.SpecialTokens.Count} special tokens), got {options.VocabSize}. Raise the size.");
        }
        _words = new int[words.Count][];
        _wordCounts = new long[words.Count];
        int index = 0;
        foreach ((byte[] word, long count) in words)
        {
            _words[index] = Array.ConvertAll(word, value => idOfByte[value]);
            _wordCounts[index++] = count;
        }
    }

    public Result Run(CancellationToken cancellation)
    {
        for (int word = 0; word < _words.Length; word++)
        {
            int[] symbols = _words[word];
            for (int i = 0; i + 1 < symbols.Length; i++)
            {
                Raise(symbols[i], symbols[i + 1], word);
            }
        }
        PushRaised();
        var merges = new List<(int, int, long)>();
        int limit = _options.VocabSize - _options.SpecialTokens.Count;
        while (_tokens.Count < limit && TakeMostFrequent() is { } pair)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] text = [.. _tokens[pair.Left], .. _tokens[pair.Right]];
            long count = pair.Count;
            bool isTooLong = _options.MaxTokenBytes > 0 && text.Length > _options.MaxTokenBytes;
            if (!isTooLong && !_specialTexts.Contains(text))
            {
                merges.Add((pair.Left, pair.Right, count));
                Replace(pair, TokenFor(text));
            }
            pair.Count = 0;
            PushRaised();
        }
        return new Result(_tokens, merges);
    }

    private int[] AddBytes(IEnumerable<byte[]> words)
    {
        var isSeen = new bool[256];
        Array.Fill(isSeen, !_options.OnlySeenBytes);
        foreach (byte[] word in words)
        {
            foreach (byte value in word)
            {
                isSeen[value] = true;
            }
        }
        var idOfByte = new int[256];
        foreach (byte value in ByteAlphabet.BytesInOrder)
        {
            if (isSeen[value])
            {
                idOfByte[value] = TokenFor([value]);
            }
        }
        return idOfByte;
    }

    /// <summary>Two pairs may give the same bytes; they share the id.</summary>
    private int TokenFor(byte[] text)
    {
        if (!_tokenIds.TryGetValue(text, out int id))
        {
            id = _tokens.Count;
            _tokens.Add(text);
            _tokenIds.Add(text, id);
        }
        return id;
    }

    private Pair? TakeMostFrequent()
    {
        while (_heap.TryDequeue(out Pair? pair, out (long NegativeCount, ulong Key) entry))
        {
            if (pair.Count < Math.Max(1, _options.MinFrequency))
            {
                continue;
            }
            if (pair.Count == -entry.NegativeCount)
            {
                return pair;
            }
            _heap.Enqueue(pair, (-pair.Count, entry.Key));
        }
        return null;
    }

    /// <summary>Left to right, without overlap.</summary>
    private void Replace(Pair pair, int merged)
    {
        int last = -1;
        pair.Words.Sort();
        foreach (int word in pair.Words)
        {
            if (word != last)
            {
                ReplaceInWord(pair, merged, word);
                last = word;
            }
        }
        pair.Words.Clear();
        pair.Words.TrimExcess();
    }

    private void ReplaceInWord(Pair pair, int merged, int word)
    {
        int[] symbols = _words[word];
        int kept = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i] != pair.Left || i + 1 == symbols.Length || symbols[i + 1] != pair.Right)
            {
                symbols[kept++] = symbols[i];
                continue;
            }
            if (kept > 0)
            {
                Lower(symbols[kept - 1], pair.Left, word);
                Raise(symbols[kept - 1], merged, word);
            }
            if (i + 2 < symbols.Length)
            {
                Lower(pair.Right, symbols[i + 2], word);
                Raise(merged, symbols[i + 2], word);
            }
            symbols[kept++] = merged;
            i++;
        }
        if (kept < symbols.Length)
        {
            _words[word] = symbols[..kept];
        }
    }

    private void Lower(int left, int right, int word) => _pairs[Key(left, right)].Count -= _wordCounts[word];

    private void Raise(int left, int right, int word)
    {
        ulong key = Key(left, right);
        if (!_pairs.TryGetValue(key, out Pair? pair))
        {
            pair = new Pair(left, right);
            _pairs.Add(key, pair);
        }
        pair.Count += _wordCounts[word];
        if (pair.Words.Count == 0 || pair.Words[^1] != word)
        {
            pair.Words.Add(word);
        }
        _raised.Add(pair);
    }

    private void PushRaised()
    {
        foreach (Pair pair in _raised)
        {
            _heap.Enqueue(pair, (-pair.Count, Key(pair.Left, pair.Right)));
        }
        _raised.Clear();
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>Tokens without the special ones, and merges as token numbers with their counts.</summary>
    internal sealed record Result(List<byte[]> Tokens, List<(int Left, int Right, long Count)> Merges);

    private sealed class Pair(int left, int right)
    {
        public int Left { get; } = left;

        public int Right { get; } = right;

        public long Count { get; set; }

        public List<int> Words { get; } = [];
    }
}
