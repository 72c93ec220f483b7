namespace Inheritune.Engine.Tokenizers;

/// <summary>Merges the bytes of one piece. Holds work space: one instance per thread at a time.</summary>
internal sealed class PieceMerger(BpeVocabulary vocabulary)
{
    private readonly SymbolMerger _symbols = new(vocabulary.Pairs);

    /// <summary>How many ids the last piece gave.</summary>
    public int Count => _symbols.Count;

    /// <summary>The ids of the last piece.</summary>
    public ReadOnlySpan<int> Ids => _symbols.Ids;

    /// <summary>Where in the piece each id begins.</summary>
    public ReadOnlySpan<int> Starts => _symbols.Starts;

    public void Merge(ReadOnlySpan<byte> piece, bool ignoresMerges, bool fusesUnknown)
    {
        _symbols.Clear(piece.Length);
        if (ignoresMerges && vocabulary.TryGetWhole(piece, out int whole))
        {
            _symbols.Add(whole, 0);
            return;
        }
        Spell(piece, fusesUnknown);
        _symbols.Merge();
    }

    /// <summary>One symbol per byte; a byte the vocabulary lacks is the unknown token or nothing.</summary>
    private void Spell(ReadOnlySpan<byte> piece, bool fusesUnknown)
    {
        int unknown = vocabulary.UnknownId;
        bool isAfterUnknown = false;
        for (int i = 0; i < piece.Length; i++)
        {
            int id = vocabulary.ByteIds[piece[i]];
            bool isUnknown = id < 0;
            if (isUnknown && (unknown < 0 || (fusesUnknown && isAfterUnknown)))
            {
                continue;
            }
            isAfterUnknown = isUnknown;
            _symbols.Add(isUnknown ? unknown : id, i);
        }
    }
}
