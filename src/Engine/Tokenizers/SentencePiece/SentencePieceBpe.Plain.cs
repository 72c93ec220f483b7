using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inheritune.Engine.Tokenizers;

/// <content>
/// The fast path: where normalising only writes U+2581 for spaces, text is cut before it is normalised, and
/// the pieces seen before need not be normalised at all.
/// </content>
public sealed partial class SentencePieceBpe
{
    private const int ChunkBytes = 1 << 14;
    private const int LongestInside = 64;

    private readonly bool _isPlain;
    private readonly PrependScheme _plainPrefix;
    private readonly bool _prefixesSpaces;

    /// <summary>Whether the definition allows the fast path, and what is then put in front of a text.</summary>
    private static bool IsPlain(SymbolDefinition definition, out PrependScheme prefix, out bool prefixesSpaces)
    {
        prefix = PrependScheme.Never;
        prefixesSpaces = true;
        if (!definition.Vocabulary.MayCutAtSpaces || definition.Vocabulary.UserDefined is not null
            || definition.IgnoresMerges)
        {
            return false;
        }
        if (definition.Model is { } model)
        {
            prefix = model.AddsDummyPrefix ? PrependScheme.Always : PrependScheme.Never;
            return !model.RemovesExtraSpaces && model.EscapesSpaces && model.Map is null
                && !model.HasSpaceAsSuffix;
        }
        if (definition.Metaspace is { } rule)
        {
            prefix = rule.Scheme;
            prefixesSpaces = false;
            return !rule.Splits && definition.Steps.Count == 0;
        }
        bool isPrepended = definition.Steps.Count == 2
            && definition.Steps[0].Kind == NormalizerStepKind.Prepend
            && definition.Steps[0].To.AsSpan().SequenceEqual(Space);
        prefix = isPrepended ? PrependScheme.Always : PrependScheme.Never;
        return definition.Steps.Count == (isPrepended ? 2 : 1)
            && definition.Steps[^1] is { Kind: NormalizerStepKind.Replace } replace
            && replace.From.AsSpan().SequenceEqual(" "u8) && replace.To.AsSpan().SequenceEqual(Space);
    }

    /// <summary>Encodes valid UTF-8 without added tokens.</summary>
    private void EncodePlain(ReadOnlySpan<byte> text, EncoderState state, List<int> ids)
    {
        int start = 0;
        if (_plainPrefix != PrependScheme.Never && !text.IsEmpty
            && (_prefixesSpaces || (text[0] != ' ' && !text.StartsWith(Space))))
        {
            start = NextPlainCut(text, 0);
            EncodeUnseen(text[..start], Space, state);
            ids.AddRange(state.Encoder.Ids);
        }
        while (start < text.Length)
        {
            // A byte gives at most one id, so that a chunk's ids can be written without asking for room again.
            int chunkEnd = start + Math.Min(text.Length - start, ChunkBytes);
            int before = ids.Count;
            CollectionsMarshal.SetCount(ids, before + chunkEnd - start + LongestInside);
            Span<int> output = CollectionsMarshal.AsSpan(ids)[before..];
            int used = 0;
            int end = start;
            while (start < chunkEnd)
            {
                end = NextPlainCut(text, start);
                if (end - chunkEnd > LongestInside - PieceCache.Slack)
                {
                    break;
                }
                if (!state.Cache.TryWrite(text, start, end, output, ref used))
                {
                    EncodeUnseen(text[start..end], default, state);
                    ReadOnlySpan<int> pieceIds = CollectionsMarshal.AsSpan(state.Encoder.Ids);
                    pieceIds.CopyTo(output[used..]);
                    used += pieceIds.Length;
                    state.Cache.Add(text, start, end, pieceIds);
                }
                start = end;
            }
            CollectionsMarshal.SetCount(ids, before + used);
            if (start < chunkEnd)
            {
                EncodeUnseen(text[start..end], default, state);
                ids.AddRange(state.Encoder.Ids);
                start = end;
            }
        }
    }

    private static void EncodeUnseen(ReadOnlySpan<byte> piece, ReadOnlySpan<byte> prefix, EncoderState state)
    {
        state.Spaced.ResetWrittenCount();
        state.Spaced.Write(prefix);
        NormalizerStep.Replace(piece, " "u8, Space, state.Spaced);
        state.Encoder.Encode(state.Spaced.WrittenSpan);
    }

    /// <summary>
    /// The end of the piece that begins at a position: before the next space that follows another character, or
    /// at a line end, where those merge with nothing.
    /// </summary>
    private int NextPlainCut(ReadOnlySpan<byte> text, int start)
    {
        bool cutsLines = _vocabulary.IsolatesLineEnds;
        int at = start;
        if (cutsLines && text[at] == '\n')
        {
            return at + 1;
        }
        while (true)
        {
            while (at < text.Length && (text[at] == ' ' || text[at..].StartsWith(Space)))
            {
                at += text[at] == ' ' ? 1 : Space.Length;
            }
            at = NextBreak(text, at, cutsLines);
            if (at == text.Length || text[at] == '\n' || !text[..at].EndsWith(Space))
            {
                return at;
            }
        }
    }

    private static int NextBreak(ReadOnlySpan<byte> text, int at, bool cutsLines)
    {
        Vector128<byte> lineEnd = Vector128.Create(cutsLines ? (byte)'\n' : (byte)' ');
        while (at <= text.Length - Vector128<byte>.Count)
        {
            Vector128<byte> block = Vector128.Create(text.Slice(at, Vector128<byte>.Count));
            Vector128<byte> isBreak =
                Vector128.Equals(block, Vector128.Create((byte)' ')) | Vector128.Equals(block, lineEnd);
            uint found = isBreak.ExtractMostSignificantBits();
            if (found != 0)
            {
                return at + BitOperations.TrailingZeroCount(found);
            }
            at += Vector128<byte>.Count;
        }
        while (at < text.Length && text[at] != ' ' && !(cutsLines && text[at] == '\n'))
        {
            at++;
        }
        return at;
    }
}
