using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// A vocabulary whose merging begins with characters. Symbols 0 up to the number of ids are the ids
/// themselves; above are characters and user-defined pieces that have no id of their own to merge with.
/// </summary>
internal sealed class SymbolVocabulary
{
    private const int Nothing = -1;

    private readonly int[] _symbolOfAscii = new int[128];
    private readonly Dictionary<int, int> _symbolOfRune = [];
    private readonly Dictionary<string, int> _ids;
    private readonly string?[] _tokens;

    private SymbolVocabulary(int idCount)
    {
        _tokens = new string?[idCount];
        _ids = new Dictionary<string, int>(idCount, StringComparer.Ordinal);
        Array.Fill(_symbolOfAscii, Nothing);
        Array.Fill(ByteIds, Nothing);
    }

    /// <summary>One more than the largest id of the vocabulary itself.</summary>
    public int IdCount => _tokens.Length;

    public PairTable Pairs { get; private set; } = new(0);

    /// <summary>Stands for a character that is in no entry.</summary>
    public int UnknownSymbol { get; private set; }

    /// <summary>The id that each symbol from <see cref="IdCount"/> on gives; −1 for none.</summary>
    public int[] IdsAbove { get; private set; } = [];

    /// <summary>The ids of the byte pieces, where there is byte fallback; else −1.</summary>
    public int[] ByteIds { get; } = new int[256];

    public bool HasByteFallback { get; private init; }

    /// <summary>Whether bytes stand for unknown characters before merging, not after it.</summary>
    public bool SpellsBytesFirst { get; private init; }

    /// <summary>The id of unknown characters; −1 when they are dropped.</summary>
    public int UnknownId { get; private init; } = Nothing;

    public bool FusesUnknown { get; private init; } = true;

    /// <summary>User-defined pieces, which are found before merging and never merged; null for none.</summary>
    public LongestPrefix? UserDefined { get; private set; }

    /// <summary>Symbols that are split again after merging; null for none.</summary>
    public IReadOnlySet<int>? Unused { get; private set; }

    /// <summary>
    /// Whether a text may be cut before every U+2581 that follows another character: no entry spans such a
    /// place, so that the parts encoded by themselves give the same ids.
    /// </summary>
    public bool MayCutAtSpaces { get; private set; }

    /// <summary>
    /// Whether a line end is in no entry but its own, so that a text may be cut around it as well.
    /// </summary>
    public bool IsolatesLineEnds { get; private set; }

    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public int SymbolOf(Rune rune) => rune.IsAscii
        ? _symbolOfAscii[rune.Value]
        : _symbolOfRune.GetValueOrDefault(rune.Value, Nothing);

    /// <summary>
    /// A SentencePiece model: any two symbols merge whose texts together are an entry, best score first.
    /// </summary>
    public static SymbolVocabulary FromModel(SentencePieceModel model)
    {
        IReadOnlyList<SentencePieceModel.Piece> pieces = model.Pieces;
        var vocabulary = new SymbolVocabulary(pieces.Count)
        {
            HasByteFallback = model.HasByteFallback,
            UnknownId = model.UnknownId,
        };
        var mergeable = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            SentencePieceModel.Piece piece = pieces[id];
            vocabulary._tokens[id] = piece.Text;
            vocabulary._ids.TryAdd(piece.Text, id);
            if (piece.IsMergeable)
            {
                mergeable.Add(piece.Text, id);
            }
            if (piece.Kind == PieceKind.Byte)
            {
                vocabulary.ByteIds[SentencePieceModel.ByteOf(piece.Text)] = id;
            }
        }
        vocabulary.AddModelPairs(pieces, mergeable);
        vocabulary.MayCutAtSpaces = vocabulary.Unused is null && CutsNoEntry(mergeable.Keys)
            && mergeable.ContainsKey(SentencePieceModel.Space.ToString());
        vocabulary.IsolatesLineEnds = vocabulary.SpellsLineEnds && IsolatesLines(mergeable.Keys);
        return vocabulary;
    }

    /// <summary>The same kind of model in tokenizer.json: listed pairs merge, in the order of the list.</summary>
    /// <exception cref="TokenizerException">Vocabulary and merges contradict one another.</exception>
    public static SymbolVocabulary FromJson(
        IReadOnlyDictionary<string, int> entries, IReadOnlyList<(string Left, string Right)> merges,
        string? unknownToken, bool fusesUnknown, bool hasByteFallback)
    {
        var vocabulary = new SymbolVocabulary(TokenIds.Size(entries.Values))
        {
            HasByteFallback = hasByteFallback,
            SpellsBytesFirst = true,
            UnknownId = unknownToken is null
                ? Nothing
                : TokenIds.Require(entries, unknownToken, "unk_token"),
            FusesUnknown = fusesUnknown,
        };
        foreach ((string token, int id) in entries)
        {
            TokenIds.SetOnce(vocabulary._tokens, id, token);
            vocabulary._ids.Add(token, id);
            int value = SentencePieceModel.ByteOf(token);
            if (value >= 0)
            {
                vocabulary.ByteIds[value] = id;
            }
            vocabulary.AddCharacter(token, id);
        }
        vocabulary.Pairs = new PairTable(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            TokenIds.AddMerge(vocabulary.Pairs, entries, rank, merges[rank]);
        }
        vocabulary.UnknownSymbol = vocabulary.IdCount;
        vocabulary.IdsAbove = [Nothing];
        vocabulary.MayCutAtSpaces = CutsNoEntry(merges.Select(merge => merge.Left + merge.Right))
            && entries.ContainsKey(SentencePieceModel.Space.ToString());
        vocabulary.IsolatesLineEnds = vocabulary.SpellsLineEnds
            && IsolatesLines(merges.Select(merge => merge.Left + merge.Right));
        return vocabulary;
    }

    private void AddModelPairs(
        IReadOnlyList<SentencePieceModel.Piece> pieces, Dictionary<string, int> mergeable)
    {
        var idsAbove = new List<int> { Nothing };
        UnknownSymbol = IdCount;
        foreach (int id in mergeable.Values)
        {
            AddCharacter(pieces[id].Text, id);
        }
        int[] ranks = Ranks(pieces);
        var pairs = new List<(int Left, int Right, int Id)>();
        var lookup = mergeable.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (int id in mergeable.Values)
        {
            string text = pieces[id].Text;
            for (int cut = 1; cut < text.Length; cut++)
            {
                if (!char.IsLowSurrogate(text[cut]))
                {
                    int left = PartOf(text.AsSpan(0, cut));
                    int right = left == Nothing ? Nothing : PartOf(text.AsSpan(cut));
                    if (right != Nothing)
                    {
                        pairs.Add((left, right, id));
                    }
                }
            }
        }
        Pairs = new PairTable(pairs.Count);
        foreach ((int left, int right, int id) in pairs)
        {
            Pairs.TryAdd(left, right, ranks[id], id);
        }
        AddUserDefined(pieces, idsAbove);
        var unused = mergeable.Values.Where(id => pieces[id].Kind == PieceKind.Unused).ToHashSet();
        Unused = unused.Count > 0 ? unused : null;
        IdsAbove = [.. idsAbove];

        // An entry, or a character that is only part of entries.
        int PartOf(ReadOnlySpan<char> part)
        {
            if (lookup.TryGetValue(part, out int known))
            {
                return known;
            }
            Rune.DecodeFromUtf16(part, out Rune rune, out int length);
            if (length != part.Length)
            {
                return Nothing;
            }
            int symbol = SymbolOf(rune);
            if (symbol == Nothing)
            {
                symbol = IdCount + idsAbove.Count;
                idsAbove.Add(Nothing);
                SetSymbol(rune, symbol);
            }
            return symbol;
        }
    }

    private void AddUserDefined(IReadOnlyList<SentencePieceModel.Piece> pieces, List<int> idsAbove)
    {
        var entries = new List<(byte[], int)>();
        for (int id = 0; id < pieces.Count; id++)
        {
            if (pieces[id].Kind == PieceKind.UserDefined)
            {
                entries.Add((Encoding.UTF8.GetBytes(pieces[id].Text), IdCount + idsAbove.Count));
                idsAbove.Add(id);
            }
        }
        UserDefined = entries.Count > 0 ? new LongestPrefix(entries) : null;
    }

    private void AddCharacter(string token, int id)
    {
        Rune.DecodeFromUtf16(token, out Rune rune, out int length);
        if (token.Length > 0 && length == token.Length)
        {
            SetSymbol(rune, id);
        }
    }

    private void SetSymbol(Rune rune, int symbol)
    {
        if (rune.IsAscii)
        {
            _symbolOfAscii[rune.Value] = symbol;
        }
        else
        {
            _symbolOfRune[rune.Value] = symbol;
        }
    }

    /// <summary>Equal scores are equal ranks, so that the leftmost of them merges first.</summary>
    private static int[] Ranks(IReadOnlyList<SentencePieceModel.Piece> pieces)
    {
        float[] scores = [.. pieces.Select(piece => piece.Score).Distinct().OrderDescending()];
        var rankOfScore = new Dictionary<float, int>();
        foreach (float score in scores)
        {
            rankOfScore.TryAdd(score, rankOfScore.Count);
        }
        return [.. pieces.Select(piece => rankOfScore[piece.Score])];
    }

    /// <summary>An unknown character may melt into one token with unknown neighbours.</summary>
    private bool SpellsLineEnds =>
        _symbolOfAscii['\n'] != Nothing || (HasByteFallback && ByteIds['\n'] != Nothing);

    private static bool IsolatesLines(IEnumerable<string> entries) =>
        entries.All(entry => entry.Length == 1 || !entry.Contains('\n', StringComparison.Ordinal));

    private static bool CutsNoEntry(IEnumerable<string> entries) => entries.All(entry =>
    {
        int lastSpace = entry.LastIndexOf(SentencePieceModel.Space);
        return lastSpace <= 0 || entry.AsSpan(0, lastSpace).IndexOfAnyExcept(SentencePieceModel.Space) < 0;
    });
}
