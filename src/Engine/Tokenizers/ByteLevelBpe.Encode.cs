using System.Buffers;
using System.Runtime.InteropServices;

namespace Inheritune.Engine.Tokenizers;

/// <content>Text to ids.</content>
public sealed partial class ByteLevelBpe
{
    private const int ChunkBytes = 1 << 14;
    private const int LongestInside = 64;

    /// <inheritdoc/>
    public override void EncodeUtf8(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var state = (EncoderState)RentState();
        if (!HasOrdinaryTokens && !Definition.AddsPrefixSpace && !Definition.IsComposed)
        {
            EncodeOrdinary(utf8, state, ids);
        }
        else
        {
            EncodeOrdinaryText(utf8, state, ids);
        }
        ReturnState(state);
    }

    private protected override ReadOnlySpan<byte> Normalize(ReadOnlySpan<byte> stretch, object state)
    {
        if (!Definition.IsComposed || Composition.IsComposed(stretch))
        {
            return stretch;
        }
        ArrayBufferWriter<byte> composed = ((EncoderState)state).Composed;
        composed.ResetWrittenCount();
        Composition.Compose(stretch, composed);
        return composed.WrittenSpan;
    }

    private protected override void EncodePieces(
        ReadOnlySpan<byte> text, bool isAtStart, in Request request)
    {
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
            EncodeOrdinary(text, (EncoderState)request.State, request.Sink.Ids);
        }
    }

    private void EncodeWithOffsets(ReadOnlySpan<byte> text, int origin, int first, in Request request)
    {
        PieceMerger merger = ((EncoderState)request.State).Merger;
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
        PieceCache cache = state.Cache;
        for (int start = 0; start < text.Length;)
        {
            // A byte gives at most one id, so that a chunk's ids can be written without asking for room again.
            int chunkEnd = start + Math.Min(text.Length - start, ChunkBytes);
            int before = ids.Count;
            CollectionsMarshal.SetCount(ids, before + chunkEnd - start + LongestInside);
            Span<int> output = CollectionsMarshal.AsSpan(ids)[before..];
            int used = 0;
            while (start < chunkEnd)
            {
                int end = TScanner.Next(text, start);
                if (end - chunkEnd > LongestInside - PieceCache.Slack)
                {
                    break;
                }
                if (!cache.TryWrite(text, start, end, output, ref used))
                {
                    EncodeUnseen(text, start, end, state, output, ref used);
                }
                start = end;
            }
            CollectionsMarshal.SetCount(ids, before + used);
            if (start < chunkEnd)
            {
                start = EncodeLong(text, start, TScanner.Next(text, start), state, ids);
            }
        }
    }

    private void EncodeUnseen(
        ReadOnlySpan<byte> text, int start, int end, EncoderState state, Span<int> output, ref int used)
    {
        state.Merger.Merge(text[start..end], Definition.IgnoresMerges, Definition.FusesUnknown);
        state.Merger.Ids.CopyTo(output[used..]);
        used += state.Merger.Count;
        state.Cache.Add(text, start, end, state.Merger.Ids);
    }

    /// <summary>A piece that is longer than a chunk has room for.</summary>
    private int EncodeLong(ReadOnlySpan<byte> text, int start, int end, EncoderState state, List<int> ids)
    {
        state.Merger.Merge(text[start..end], Definition.IgnoresMerges, Definition.FusesUnknown);
        ids.AddRange(state.Merger.Ids);
        return end;
    }

    private readonly struct WholeScanner : IPieceScanner
    {
        public static int Next(ReadOnlySpan<byte> text, int start) => text.Length;
    }
}
