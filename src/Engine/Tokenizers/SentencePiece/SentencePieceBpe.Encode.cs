using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Inheritune.Engine.Tokenizers;

/// <content>Text to ids.</content>
public sealed partial class SentencePieceBpe
{
    private static ReadOnlySpan<byte> Space => [0xE2, 0x96, 0x81];

    /// <inheritdoc/>
    /// <remarks>A model makes U+FFFD of every invalid byte, tokenizer.json of every invalid sequence.</remarks>
    public override void EncodeUtf8(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        bool isValid = Utf8.IsValid(utf8);
        if (Definition.Model is null && !isValid)
        {
            utf8 = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8));
        }
        var state = (EncoderState)RentState();
        if (_isPlain && isValid)
        {
            EncodePlain(utf8, state, ids);
        }
        else
        {
            EncodeOrdinaryText(utf8, state, ids);
        }
        ReturnState(state);
    }

    private protected override ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> stretch, object state)
    {
        var space = (EncoderState)state;
        if (_modelNormalizer is not null)
        {
            space.Normalized.ResetWrittenCount();
            _modelNormalizer.Normalize(stretch, space.Normalized);
            return space.Normalized.WrittenSpan;
        }
        foreach (NormalizerStep step in Definition.Steps)
        {
            space.Spare.ResetWrittenCount();
            step.Apply(stretch, space.Spare);
            (space.Normalized, space.Spare) = (space.Spare, space.Normalized);
            stretch = space.Normalized.WrittenSpan;
        }
        return stretch;
    }

    private protected override void EncodePieces(
        ReadOnlySpan<byte> text, bool isAtStart, in Request request)
    {
        var state = (EncoderState)request.State;
        bool splits = false;
        if (Definition.Metaspace is { } rule && request.Normalizes)
        {
            text = PutSpaces(text, rule, isAtStart, state.Spaced);
            splits = rule.Splits && request.CutsPieces;
        }
        int origin = request.Sink.Text.WrittenCount;
        if (request.Sink.WantsOffsets)
        {
            request.Sink.Text.Write(text);
        }
        for (int start = 0; start < text.Length;)
        {
            int end = splits ? NextSpace(text, start + 1)
                : _vocabulary.MayCutAtSpaces ? NextCut(text, start)
                : text.Length;
            EncodePiece(text, start, end, origin, request.Sink, state);
            start = end;
        }
    }

    private void EncodePiece(
        ReadOnlySpan<byte> text, int start, int end, int origin, TokenSink sink, EncoderState state)
    {
        ReadOnlySpan<byte> piece = text[start..end];
        bool usesCache = !sink.WantsOffsets && _vocabulary.Unused is null;
        if (usesCache && TryAppendKnown(text, start, end, state.Cache, sink.Ids))
        {
            return;
        }
        if (Definition.IgnoresMerges && _vocabulary.IdOf(Encoding.UTF8.GetString(piece)) is { } whole)
        {
            sink.Add(whole, origin + start, origin + end);
            return;
        }
        SymbolEncoder encoder = state.Encoder;
        encoder.Encode(piece);
        for (int i = 0; i < encoder.Ids.Count; i++)
        {
            int next = i + 1 < encoder.Ids.Count ? start + encoder.Starts[i + 1] : end;
            sink.Add(encoder.Ids[i], origin + start + encoder.Starts[i], origin + next);
        }
        if (usesCache)
        {
            state.Cache.Add(text, start, end, CollectionsMarshal.AsSpan(encoder.Ids));
        }
    }

    private static bool TryAppendKnown(
        ReadOnlySpan<byte> text, int start, int end, PieceCache cache, List<int> ids)
    {
        int used = ids.Count;
        int before = used;
        CollectionsMarshal.SetCount(ids, before + end - start + PieceCache.Slack);
        bool isKnown = cache.TryWrite(text, start, end, CollectionsMarshal.AsSpan(ids), ref used);
        CollectionsMarshal.SetCount(ids, used);
        return isKnown;
    }

    private static ReadOnlySpan<byte> PutSpaces(
        ReadOnlySpan<byte> text, MetaspaceRule rule, bool isAtStart, ArrayBufferWriter<byte> output)
    {
        output.ResetWrittenCount();
        bool isWanted = rule.Scheme == PrependScheme.Always
            || (rule.Scheme == PrependScheme.First && isAtStart);
        if (isWanted && text[0] != ' ' && !text.StartsWith(Space))
        {
            output.Write(Space);
        }
        NormalizerStep.Replace(text, " "u8, Space, output);
        return output.WrittenSpan;
    }

    private static int NextSpace(ReadOnlySpan<byte> text, int from)
    {
        int found = from < text.Length ? text[from..].IndexOf(Space) : -1;
        return found < 0 ? text.Length : from + found;
    }

    /// <summary>The next U+2581 that follows another character.</summary>
    private static int NextCut(ReadOnlySpan<byte> text, int start)
    {
        while (text[start..].StartsWith(Space))
        {
            start += Space.Length;
        }
        return NextSpace(text, start);
    }
}
