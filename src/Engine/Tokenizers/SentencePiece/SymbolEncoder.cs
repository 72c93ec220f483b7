using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Encodes one piece of normalised text by merging characters. Holds work space: one instance per thread at a
/// time.
/// </summary>
internal sealed class SymbolEncoder
{
    private readonly SymbolVocabulary _vocabulary;
    private readonly MergeHistory? _history;
    private readonly SymbolMerger _symbols;
    private readonly List<int> _ids = [];
    private readonly List<int> _starts = [];
    private bool _isAfterUnknown;

    public SymbolEncoder(SymbolVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _history = vocabulary.Unused is { } unused ? new MergeHistory(unused) : null;
        _symbols = new SymbolMerger(vocabulary.Pairs, _history);
    }

    /// <summary>The ids of the last piece.</summary>
    public List<int> Ids => _ids;

    /// <summary>Where in the piece each id begins.</summary>
    public List<int> Starts => _starts;

    public void Encode(ReadOnlySpan<byte> piece)
    {
        _ids.Clear();
        _starts.Clear();
        _history?.Clear();
        _symbols.Clear(piece.Length);
        Spell(piece);
        _symbols.Merge();
        _isAfterUnknown = false;
        ReadOnlySpan<int> symbols = _symbols.Ids;
        ReadOnlySpan<int> starts = _symbols.Starts;
        for (int i = 0; i < symbols.Length; i++)
        {
            int end = i + 1 < symbols.Length ? starts[i + 1] : piece.Length;
            if (_history is null)
            {
                Emit(symbols[i], piece[starts[i]..end], starts[i]);
            }
            else
            {
                EmitSplit(symbols[i], piece[..end], starts[i]);
            }
        }
    }

    private void Spell(ReadOnlySpan<byte> piece)
    {
        bool isAfterUnknown = false;
        for (int at = 0; at < piece.Length;)
        {
            int length = 0;
            int symbol = _vocabulary.UserDefined is { } userDefined
                ? userDefined.Match(piece[at..], out length)
                : -1;
            if (symbol < 0)
            {
                Rune.DecodeFromUtf8(piece[at..], out Rune rune, out length);
                symbol = _vocabulary.SymbolOf(rune);
            }
            bool isUnknown = symbol < 0;
            if (!isUnknown)
            {
                _symbols.Add(symbol, at);
            }
            else if (!_vocabulary.SpellsBytesFirst)
            {
                _symbols.Add(_vocabulary.UnknownSymbol, at);
            }
            else if (CanSpell(piece.Slice(at, length)))
            {
                isUnknown = false;
                for (int i = at; i < at + length; i++)
                {
                    _symbols.Add(_vocabulary.ByteIds[piece[i]], i);
                }
            }
            else if (_vocabulary.UnknownId >= 0 && !(isAfterUnknown && _vocabulary.FusesUnknown))
            {
                _symbols.Add(_vocabulary.UnknownId, at);
            }
            isAfterUnknown = isUnknown;
            at += length;
        }
    }

    private bool CanSpell(ReadOnlySpan<byte> character)
    {
        if (!_vocabulary.HasByteFallback)
        {
            return false;
        }
        foreach (byte value in character)
        {
            if (_vocabulary.ByteIds[value] < 0)
            {
                return false;
            }
        }
        return true;
    }

    private void Emit(int symbol, ReadOnlySpan<byte> text, int start)
    {
        int above = symbol - _vocabulary.IdCount;
        int id = above < 0 ? symbol : _vocabulary.IdsAbove[above];
        bool isUnknown = id < 0;
        if (!isUnknown)
        {
            Add(id, start);
        }
        else if (CanSpell(text))
        {
            for (int i = 0; i < text.Length; i++)
            {
                Add(_vocabulary.ByteIds[text[i]], start + i);
            }
        }
        else if (!_isAfterUnknown)
        {
            Add(_vocabulary.UnknownId, start);
        }
        _isAfterUnknown = isUnknown;
    }

    private void EmitSplit(int symbol, ReadOnlySpan<byte> pieceToEnd, int start)
    {
        var parts = new List<int>();
        _history!.Split(symbol, parts.Add);
        foreach (int part in parts)
        {
            int length = pieceToEnd.Length - start;
            if (parts.Count > 1)
            {
                length = part < _vocabulary.IdCount
                    ? Encoding.UTF8.GetByteCount(_vocabulary.TokenOf(part)!)
                    : RuneLength(pieceToEnd[start..]);
            }
            Emit(part, pieceToEnd.Slice(start, length), start);
            start += length;
        }
    }

    private void Add(int id, int start)
    {
        _ids.Add(id);
        _starts.Add(start);
    }

    private static int RuneLength(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out _, out int length);
        return length;
    }
}
