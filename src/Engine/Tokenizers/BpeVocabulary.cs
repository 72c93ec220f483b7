using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>A byte-level vocabulary ready for merging and decoding.</summary>
internal sealed class BpeVocabulary
{
    private readonly string?[] _tokens;
    private readonly byte[]?[] _bytes;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<byte[], int> _idOfBytes;

    /// <exception cref="TokenizerException">Ids or merges contradict one another.</exception>
    public BpeVocabulary(BpeDefinition definition)
    {
        _ids = new Dictionary<string, int>(definition.Vocabulary, StringComparer.Ordinal);
        int size = TokenIds.Size(
            _ids.Values.Concat(definition.AddedTokens.Select(token => token.Id)));
        _tokens = new string?[size];
        _bytes = new byte[]?[size];
        _idOfBytes = new Dictionary<byte[], int>(_ids.Count, ByteSequenceComparer.Instance);
        ByteIds = new int[256];
        Array.Fill(ByteIds, -1);
        foreach ((string token, int id) in definition.Vocabulary)
        {
            AddEntry(token, id);
        }
        UnknownId = definition.UnknownToken is { } unknown
            ? TokenIds.Require(_ids, unknown, "unk_token")
            : -1;
        Pairs = new PairTable(definition.Merges.Count);
        for (int rank = 0; rank < definition.Merges.Count; rank++)
        {
            TokenIds.AddMerge(Pairs, _ids, rank, definition.Merges[rank], definition.RanksByResult);
        }
        // An added token's text is text, not stand-in characters, even when the vocabulary lists it too.
        foreach (AddedToken token in definition.AddedTokens)
        {
            _tokens[token.Id] = token.Content;
            _bytes[token.Id] = Encoding.UTF8.GetBytes(
                token.IsNormalized && definition.IsComposed
                    ? Composition.Compose(token.Content)
                    : token.Content);
            _ids[token.Content] = token.Id;
        }
    }

    public int Size => _tokens.Length;

    /// <summary>The id of each single byte; −1 when the vocabulary lacks it.</summary>
    public int[] ByteIds { get; }

    public PairTable Pairs { get; }

    public int UnknownId { get; }

    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    public byte[]? BytesOf(int id) => (uint)id < (uint)_bytes.Length ? _bytes[id] : null;

    public int? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    public bool TryGetWhole(ReadOnlySpan<byte> piece, out int id) =>
        _idOfBytes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(piece, out id);

    private void AddEntry(string token, int id)
    {
        TokenIds.SetOnce(_tokens, id, token);
        byte[]? bytes = ByteAlphabet.ToBytes(token);
        _bytes[id] = bytes ?? Encoding.UTF8.GetBytes(token);
        if (bytes is null)
        {
            return;
        }
        _idOfBytes.TryAdd(bytes, id);
        if (bytes.Length == 1)
        {
            ByteIds[bytes[0]] = id;
        }
    }
}
