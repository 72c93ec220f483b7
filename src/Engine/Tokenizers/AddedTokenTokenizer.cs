using System.Buffers;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// What all vocabularies with added tokens share: the tokens are found in the text, what is between them is
/// normalised stretch by stretch and encoded by the vocabulary, and a template goes around the whole.
/// </summary>
public abstract class AddedTokenTokenizer : TextTokenizer
{
    private readonly AddedTokenMatcher _rawAll;
    private readonly AddedTokenMatcher _rawOrdinary;
    private readonly AddedTokenMatcher _normalizedAll;
    private readonly AddedTokenMatcher _normalizedOrdinary;
    private readonly Func<string, string> _normalizeToken;
    private readonly HashSet<int> _specialIds;
    private readonly IReadOnlyList<int> _front;
    private readonly IReadOnlyList<int> _back;

    private protected AddedTokenTokenizer(
        IReadOnlyList<AddedToken> addedTokens, IReadOnlyList<int> front, IReadOnlyList<int> back,
        Func<string, string> normalizeToken)
    {
        AddedTokens = addedTokens;
        _front = front;
        _back = back;
        _normalizeToken = normalizeToken;
        _rawAll = Matcher(isNormalized: false, SpecialTokens.All);
        _rawOrdinary = Matcher(isNormalized: false, SpecialTokens.None);
        _normalizedAll = Matcher(isNormalized: true, SpecialTokens.All);
        _normalizedOrdinary = Matcher(isNormalized: true, SpecialTokens.None);
        _specialIds = [.. addedTokens.Where(token => token.IsSpecial).Select(token => token.Id)];
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>Whether ordinary text may hold added tokens.</summary>
    private protected bool HasOrdinaryTokens => !_rawOrdinary.IsEmpty || !_normalizedOrdinary.IsEmpty;

    internal override void Tokenize(
        ReadOnlySpan<char> text, EncodeOptions options, bool cutsPieces, bool normalizes, TokenSink sink)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, utf8);
        bool isAll = options.Special.IsAll;
        bool isNone = !isAll && options.Special.Contents.Count == 0;
        object state = RentState();
        var request = new Request(
            isAll ? _rawAll : isNone ? _rawOrdinary : Matcher(false, options.Special),
            isAll ? _normalizedAll : isNone ? _normalizedOrdinary : Matcher(true, options.Special),
            cutsPieces, normalizes, sink, state);
        if (options.AddTemplate)
        {
            AddTemplate(_front, sink);
        }
        EncodeRaw(utf8.AsSpan(0, length), request);
        if (options.AddTemplate)
        {
            AddTemplate(_back, sink);
        }
        ReturnState(state);
        ArrayPool<byte>.Shared.Return(utf8);
    }

    /// <summary>Encodes text in which only added tokens that are not special count.</summary>
    private protected void EncodeOrdinaryText(ReadOnlySpan<byte> utf8, object state, List<int> ids)
    {
        var sink = new TokenSink(wantsOffsets: false, ids);
        EncodeRaw(utf8, new Request(_rawOrdinary, _normalizedOrdinary, true, true, sink, state));
    }

    private protected bool IsSpecial(int id) => _specialIds.Contains(id);

    private protected abstract object RentState();

    private protected abstract void ReturnState(object state);

    /// <summary>Normalises a stretch; what it returns may be the stretch itself.</summary>
    private protected abstract ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> stretch, object state);

    /// <summary>Encodes text without added tokens.</summary>
    /// <param name="text">Normalised, not empty. Read.</param>
    /// <param name="isAtStart">Whether nothing of the whole text stands before it.</param>
    /// <param name="request">How, and where the ids go.</param>
    private protected abstract void EncodePieces(ReadOnlySpan<byte> text, bool isAtStart, in Request request);

    private static void AddTemplate(IReadOnlyList<int> ids, TokenSink sink)
    {
        foreach (int id in ids)
        {
            sink.Add(id, sink.Text.WrittenCount, sink.Text.WrittenCount);
        }
    }

    private void EncodeRaw(ReadOnlySpan<byte> text, in Request request)
    {
        int at = 0;
        while (request.Raw.TryFind(text, at, out int id, out int start, out int end))
        {
            EncodeStretch(text[at..start], at == 0, request);
            AddMatch(text[start..end], id, request.Sink);
            at = end;
        }
        EncodeStretch(text[at..], at == 0, request);
    }

    private static void AddMatch(ReadOnlySpan<byte> match, int id, TokenSink sink)
    {
        int start = sink.Text.WrittenCount;
        if (sink.WantsOffsets)
        {
            sink.Text.Write(match);
        }
        sink.Add(id, start, start + match.Length);
    }

    private void EncodeStretch(ReadOnlySpan<byte> text, bool isAtStart, in Request request)
    {
        if (text.IsEmpty)
        {
            return;
        }
        if (request.Normalizes)
        {
            text = Normalize(text, request.State);
        }
        int at = 0;
        while (request.Normalized.TryFind(text, at, out int id, out int start, out int end))
        {
            if (start > at)
            {
                EncodePieces(text[at..start], isAtStart && at == 0, request);
            }
            AddMatch(text[start..end], id, request.Sink);
            at = end;
        }
        if (at < text.Length)
        {
            EncodePieces(text[at..], isAtStart && at == 0, request);
        }
    }

    private AddedTokenMatcher Matcher(bool isNormalized, SpecialTokens special) => new(
        AddedTokens.Where(token => token.IsNormalized == isNormalized && special.Allows(token)),
        isNormalized ? _normalizeToken : text => text);

    private protected readonly record struct Request(
        AddedTokenMatcher Raw,
        AddedTokenMatcher Normalized,
        bool CutsPieces,
        bool Normalizes,
        TokenSink Sink,
        object State);
}
