using System.Buffers;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// What this engine needs beyond <see cref="Tokenizer"/>: templates, a policy for special tokens, bytes,
/// streaming, vocabulary look-up and a fast path without strings. Tokenizers are immutable and safe for
/// concurrent use.
/// </summary>
/// <remarks>
/// The members inherited from <see cref="Tokenizer"/> encode with <see cref="EncodeOptions.Prompt"/>, as a
/// tokenizer file does by default.
/// </remarks>
public abstract class TextTokenizer : Tokenizer
{
    /// <summary>One more than the largest id; a model may have more rows than that.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The id that separates documents; null when the vocabulary has none.</summary>
    public abstract int? EndOfText { get; }

    /// <summary>The special and other added tokens, by id.</summary>
    public abstract IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>The vocabulary entry of an id, in the characters of the file; null without entry.</summary>
    public abstract string? IdToToken(int id);

    /// <summary>
    /// The id of a vocabulary entry, in the characters of the file; null when there is none.
    /// </summary>
    public abstract int? TokenToId(string token);

    /// <summary>
    /// Appends the ids of a text given as UTF-8, without template; special tokens in it are ordinary text.
    /// The fast path of corpus preparation. Invalid bytes are kept byte for byte.
    /// </summary>
    /// <param name="utf8">The text. Read.</param>
    /// <param name="ids">Appended to.</param>
    public abstract void EncodeUtf8(ReadOnlySpan<byte> utf8, List<int> ids);

    /// <summary>The ids of a text; <see cref="EncodeOptions.Prompt"/> unless told otherwise.</summary>
    public IReadOnlyList<int> Encode(string text, EncodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sink = new TokenSink(wantsOffsets: false);
        Tokenize(text, options ?? EncodeOptions.Prompt, cutsPieces: true, normalizes: true, sink);
        return sink.Ids;
    }

    /// <summary>The text of a list of ids; invalid UTF-8 becomes U+FFFD.</summary>
    /// <exception cref="TokenizerException">Strict, and an id has no text.</exception>
    public string Decode(IEnumerable<int> ids, DecodeOptions options) =>
        Encoding.UTF8.GetString(DecodeAll(ids, options, InvalidBytes.ReplaceRun).WrittenSpan);

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids) => Decode(ids, DecodeOptions.Default);

    /// <inheritdoc/>
    /// <remarks>
    /// Writes the text of the longest list of first ids that ends in a whole character and fits.
    /// </remarks>
    public override OperationStatus Decode(
        IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        ArgumentNullException.ThrowIfNull(ids);
        idsConsumed = 0;
        charsWritten = 0;
        StreamingDecoder decoder = CreateStreamingDecoder();
        var pending = new StringBuilder();
        int seen = 0;
        foreach (int id in ids)
        {
            seen++;
            pending.Append(decoder.Add(id));
            if (decoder.IsInsideCharacter)
            {
                continue;
            }
            if (!Take(pending, destination, ref charsWritten))
            {
                return OperationStatus.DestinationTooSmall;
            }
            idsConsumed = seen;
        }
        pending.Append(decoder.Flush());
        if (!Take(pending, destination, ref charsWritten))
        {
            return OperationStatus.DestinationTooSmall;
        }
        idsConsumed = seen;
        return OperationStatus.Done;
    }

    /// <summary>The bytes of a list of ids.</summary>
    /// <exception cref="TokenizerException">Strict, and an id has no text.</exception>
    public byte[] DecodeBytes(IEnumerable<int> ids, DecodeOptions? options = null)
    {
        return DecodeAll(ids, options ?? DecodeOptions.Default, InvalidBytes.Keep).WrittenSpan.ToArray();
    }

    /// <summary>A decoder that takes one id at a time and returns the text that has become certain.</summary>
    public StreamingDecoder CreateStreamingDecoder(DecodeOptions? options = null) =>
        new(CreateDecoder(options ?? DecodeOptions.Default, InvalidBytes.ReplaceEach));

    /// <summary>
    /// A decoder to bytes. <paramref name="invalid"/> is the most that it may do to byte pieces that are no
    /// UTF-8; the vocabulary may do less.
    /// </summary>
    internal abstract IdDecoder CreateDecoder(DecodeOptions options, InvalidBytes invalid);

    internal abstract void Tokenize(
        ReadOnlySpan<char> text, EncodeOptions options, bool cutsPieces, bool normalizes, TokenSink sink);

    /// <inheritdoc/>
    protected override EncodeResults<EncodedToken> EncodeToTokens(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        TokenOffsets offsets = TokenizeWithOffsets(text, textSpan, settings);
        int count = offsets.CountFromStart(settings.MaxTokenCount);
        var tokens = new EncodedToken[count];
        for (int i = 0; i < count; i++)
        {
            int id = offsets.Ids[i];
            tokens[i] = new EncodedToken(id, IdToToken(id) ?? "", offsets.CharsOf(i));
        }
        return new EncodeResults<EncodedToken>
        {
            Tokens = tokens,
            NormalizedText = offsets.NormalizedText,
            CharsConsumed = offsets.EndOf(count),
        };
    }

    /// <inheritdoc/>
    protected override EncodeResults<int> EncodeToIds(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        TokenOffsets offsets = TokenizeWithOffsets(text, textSpan, settings);
        int count = offsets.CountFromStart(settings.MaxTokenCount);
        return new EncodeResults<int>
        {
            Tokens = offsets.Ids.GetRange(0, count),
            NormalizedText = offsets.NormalizedText,
            CharsConsumed = offsets.EndOf(count),
        };
    }

    /// <inheritdoc/>
    protected override int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        TokenizeWithOffsets(text, textSpan, settings).CountFromStart(settings.MaxTokenCount);

    /// <inheritdoc/>
    protected override int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd,
        out string? normalizedText, out int tokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount);
        TokenOffsets offsets = TokenizeWithOffsets(text, textSpan, settings);
        normalizedText = offsets.NormalizedText;
        if (fromEnd)
        {
            int first = offsets.FirstFromEnd(settings.MaxTokenCount);
            tokenCount = offsets.Ids.Count - first;
            return offsets.StartOf(first);
        }
        tokenCount = offsets.CountFromStart(settings.MaxTokenCount);
        return offsets.EndOf(tokenCount);
    }

    private TokenOffsets TokenizeWithOffsets(
        string? text, ReadOnlySpan<char> textSpan, in EncodeSettings settings)
    {
        var sink = new TokenSink(wantsOffsets: true);
        ReadOnlySpan<char> input = text is null ? textSpan : text.AsSpan();
        bool normalizes = settings.ConsiderNormalization;
        Tokenize(input, EncodeOptions.Prompt, settings.ConsiderPreTokenization, normalizes, sink);
        return new TokenOffsets(sink, normalizes && Normalizer is not null);
    }

    private ArrayBufferWriter<byte> DecodeAll(
        IEnumerable<int> ids, DecodeOptions options, InvalidBytes invalid)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(options);
        var output = new ArrayBufferWriter<byte>();
        IdDecoder decoder = CreateDecoder(options, invalid);
        foreach (int id in ids)
        {
            decoder.Add(id, output);
        }
        decoder.Flush(output);
        return output;
    }

    private protected TokenizerException NoText(int id) =>
        new($"Decode: id: expected one with text, 0 to {VocabSize - 1}, got {id}. "
            + "The ids may come from another tokenizer. Use the tokenizer that the ids were made with.");

    private static bool Take(StringBuilder pending, Span<char> destination, ref int charsWritten)
    {
        if (pending.Length > destination.Length - charsWritten)
        {
            return false;
        }
        pending.CopyTo(0, destination[charsWritten..], pending.Length);
        charsWritten += pending.Length;
        pending.Clear();
        return true;
    }
}
