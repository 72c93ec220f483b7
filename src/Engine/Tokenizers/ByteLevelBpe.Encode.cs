using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <content>Text to ids.</content>
public sealed partial class ByteLevelBpe
{
    /// <inheritdoc/>
    public override void EncodeUtf8(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        EncoderState state = Rent();
        if (_rawOrdinary.IsEmpty && _normalizedOrdinary.IsEmpty
            && !Definition.AddsPrefixSpace && !Definition.IsComposed)
        {
            EncodeOrdinary(utf8, state, ids);
        }
        else
        {
            var sink = new TokenSink(wantsOffsets: false);
            EncodeRaw(utf8, new Request(_rawOrdinary, _normalizedOrdinary, true, true, sink, state));
            ids.AddRange(sink.Ids);
        }
        _states.Add(state);
    }

    internal override void Tokenize(
        ReadOnlySpan<char> text, EncodeOptions options, bool cutsPieces, bool normalizes, TokenSink sink)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        int length = Encoding.UTF8.GetBytes(text, utf8);
        bool isAll = options.Special.IsAll;
        bool isNone = !isAll && options.Special.Contents.Count == 0;
        EncoderState state = Rent();
        var request = new Request(
            isAll ? _rawAll : isNone ? _rawOrdinary : Matcher(false, options.Special),
            isAll ? _normalizedAll : isNone ? _normalizedOrdinary : Matcher(true, options.Special),
            cutsPieces, normalizes && Definition.IsComposed, sink, state);
        if (options.AddTemplate)
        {
            AddTemplate(Definition.Front, sink);
        }
        EncodeRaw(utf8.AsSpan(0, length), request);
        if (options.AddTemplate)
        {
            AddTemplate(Definition.Back, sink);
        }
        _states.Add(state);
        ArrayPool<byte>.Shared.Return(utf8);
    }

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
            EncodeStretch(text[at..start], request);
            AddMatch(text[start..end], id, request.Sink);
            at = end;
        }
        EncodeStretch(text[at..], request);
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

    private void EncodeStretch(ReadOnlySpan<byte> text, in Request request)
    {
        if (request.Normalizes && !Composition.IsComposed(text))
        {
            var composed = new ArrayBufferWriter<byte>(text.Length + 16);
            Composition.Compose(text, composed);
            text = composed.WrittenSpan;
        }
        int at = 0;
        while (request.Normalized.TryFind(text, at, out int id, out int start, out int end))
        {
            EncodePieces(text[at..start], request);
            AddMatch(text[start..end], id, request.Sink);
            at = end;
        }
        EncodePieces(text[at..], request);
    }

    private void EncodePieces(ReadOnlySpan<byte> text, in Request request)
    {
        if (text.IsEmpty)
        {
            return;
        }
        int first = request.Sink.Text.WrittenCount;
        int origin = first;
        if (request.Sink.WantsOffsets)
        {
            request.Sink.Text.Write(text);
        }
        if (Definition.AddsPrefixSpace && text[0] != ' ')
        {
            // The space has no place in the text: its token begins where the text does.
            text = (byte[])[(byte)' ', .. text];
            origin--;
        }
        if (request.Sink.WantsOffsets || !request.CutsPieces)
        {
            EncodeWithOffsets(text, origin, first, request);
        }
        else
        {
            EncodeOrdinary(text, request.State, request.Sink.Ids);
        }
    }

    private void EncodeWithOffsets(ReadOnlySpan<byte> text, int origin, int first, in Request request)
    {
        PieceMerger merger = request.State.Merger;
        for (int start = 0; start < text.Length;)
        {
            int end = request.CutsPieces ? NextPiece(text, start) : text.Length;
            merger.Merge(text[start..end], Definition.IgnoresMerges, Definition.FusesUnknown);
            for (int i = 0; i < merger.Count; i++)
            {
                int tokenEnd = i + 1 < merger.Count ? start + merger.Starts[i + 1] : end;
                int tokenStart = Math.Max(first, origin + start + merger.Starts[i]);
                request.Sink.Add(merger.Ids[i], tokenStart, Math.Max(first, origin + tokenEnd));
            }
            start = end;
        }
    }

    private int NextPiece(ReadOnlySpan<byte> text, int start) => Definition.Cut switch
    {
        PieceCut.Gpt2 => Gpt2Scanner.Next(text, start),
        PieceCut.Llama3 => Llama3Scanner.Next(text, start),
        _ => text.Length,
    };

    private void EncodeOrdinary(ReadOnlySpan<byte> text, EncoderState state, List<int> ids)
    {
        switch (Definition.Cut)
        {
            case PieceCut.Gpt2:
                EncodeOrdinary<Gpt2Scanner>(text, state, ids);
                break;
            case PieceCut.Llama3:
                EncodeOrdinary<Llama3Scanner>(text, state, ids);
                break;
            default:
                EncodeOrdinary<WholeScanner>(text, state, ids);
                break;
        }
    }

    private void EncodeOrdinary<TScanner>(ReadOnlySpan<byte> text, EncoderState state, List<int> ids)
        where TScanner : struct, IPieceScanner
    {
        for (int start = 0; start < text.Length;)
        {
            int end = TScanner.Next(text, start);
            if (!state.Cache.TryAppend(text, start, end, ids))
            {
                EncodeUnseen(text, start, end, state, ids);
            }
            start = end;
        }
    }

    private void EncodeUnseen(ReadOnlySpan<byte> text, int start, int end, EncoderState state, List<int> ids)
    {
        ReadOnlySpan<byte> piece = text[start..end];
        if (state.Cache.TryAppendLong(piece, ids))
        {
            return;
        }
        state.Merger.Merge(piece, Definition.IgnoresMerges, Definition.FusesUnknown);
        CollectionsMarshal.SetCount(ids, ids.Count + state.Merger.Count);
        state.Merger.Ids.CopyTo(CollectionsMarshal.AsSpan(ids)[^state.Merger.Count..]);
        state.Cache.Add(text, start, end, state.Merger.Ids);
    }

    private readonly record struct Request(
        AddedTokenMatcher Raw,
        AddedTokenMatcher Normalized,
        bool CutsPieces,
        bool Normalizes,
        TokenSink Sink,
        EncoderState State);

    private readonly struct WholeScanner : IPieceScanner
    {
        public static int Next(ReadOnlySpan<byte> text, int start) => text.Length;
    }
}
