using System.Buffers;

namespace Microsoft.ML.Tokenizers;

/// <summary>
/// Turns text into ids and back. Source-compatible with the class of this name in the package
/// Microsoft.ML.Tokenizers; compiled unless the build property <c>Tokenizers</c> is <c>Microsoft</c>.
/// </summary>
public abstract class Tokenizer
{
    /// <summary>Creates the base part of a tokenizer.</summary>
    protected Tokenizer()
    {
    }

    /// <summary>What cuts the text into pieces before encoding; null when nothing does.</summary>
    public virtual PreTokenizer? PreTokenizer => null;

    /// <summary>What rewrites the text before it is cut; null when nothing does.</summary>
    public virtual Normalizer? Normalizer => null;

    /// <summary>Encodes to tokens with offsets. The span counts when the string is null.</summary>
    protected abstract EncodeResults<EncodedToken> EncodeToTokens(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings);

    /// <summary>Encodes to ids. The span counts when the string is null.</summary>
    protected virtual EncodeResults<int> EncodeToIds(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        EncodeResults<EncodedToken> results = EncodeToTokens(text, textSpan, settings);
        var ids = new int[results.Tokens.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = results.Tokens[i].Id;
        }
        return new EncodeResults<int>
        {
            Tokens = ids,
            NormalizedText = results.NormalizedText,
            CharsConsumed = results.CharsConsumed,
        };
    }

    /// <summary>Counts the tokens of a text. The span counts when the string is null.</summary>
    protected virtual int CountTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        EncodeToTokens(text, textSpan, settings).Tokens.Count;

    /// <summary>
    /// Finds where the first (or last) <c>settings.MaxTokenCount</c> tokens end (or begin).
    /// </summary>
    protected virtual int GetIndexByTokenCount(
        string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings, bool fromEnd,
        out string? normalizedText, out int tokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.MaxTokenCount);
        int maxTokenCount = settings.MaxTokenCount;
        settings.MaxTokenCount = int.MaxValue;
        EncodeResults<EncodedToken> results = EncodeToTokens(text, textSpan, settings);
        normalizedText = results.NormalizedText;
        IReadOnlyList<EncodedToken> tokens = results.Tokens;
        tokenCount = Math.Min(maxTokenCount, tokens.Count);
        if (fromEnd)
        {
            int length = normalizedText?.Length ?? text?.Length ?? textSpan.Length;
            return tokenCount == 0 ? length : tokens[tokens.Count - tokenCount].Offset.Start.Value;
        }
        return tokenCount == 0 ? 0 : tokens[tokenCount - 1].Offset.End.Value;
    }

    /// <summary>Encodes a text to ids.</summary>
    public IReadOnlyList<int> EncodeToIds(
        string text, bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return EncodeToIds(text, default, Settings(considerPreTokenization, considerNormalization)).Tokens;
    }

    /// <summary>Encodes a text to ids.</summary>
    public IReadOnlyList<int> EncodeToIds(
        ReadOnlySpan<char> text, bool considerPreTokenization = true, bool considerNormalization = true) =>
        EncodeToIds(null, text, Settings(considerPreTokenization, considerNormalization)).Tokens;

    /// <summary>Encodes a text to at most <paramref name="maxTokenCount"/> ids.</summary>
    public IReadOnlyList<int> EncodeToIds(
        string text, int maxTokenCount, out string? normalizedText, out int charsConsumed,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return Unpack(EncodeToIds(text, default, settings), out normalizedText, out charsConsumed);
    }

    /// <summary>Encodes a text to at most <paramref name="maxTokenCount"/> ids.</summary>
    public IReadOnlyList<int> EncodeToIds(
        ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int charsConsumed,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return Unpack(EncodeToIds(null, text, settings), out normalizedText, out charsConsumed);
    }

    /// <summary>Encodes a text to tokens with offsets.</summary>
    public IReadOnlyList<EncodedToken> EncodeToTokens(
        string text, out string? normalizedText,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization);
        return Unpack(EncodeToTokens(text, default, settings), out normalizedText, out _);
    }

    /// <summary>Encodes a text to tokens with offsets.</summary>
    public IReadOnlyList<EncodedToken> EncodeToTokens(
        ReadOnlySpan<char> text, out string? normalizedText,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization);
        return Unpack(EncodeToTokens(null, text, settings), out normalizedText, out _);
    }

    /// <summary>Counts the tokens of a text.</summary>
    public int CountTokens(
        string text, bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        return CountTokens(text, default, Settings(considerPreTokenization, considerNormalization));
    }

    /// <summary>Counts the tokens of a text.</summary>
    public int CountTokens(
        ReadOnlySpan<char> text, bool considerPreTokenization = true, bool considerNormalization = true) =>
        CountTokens(null, text, Settings(considerPreTokenization, considerNormalization));

    /// <summary>The index in the text after its first <paramref name="maxTokenCount"/> tokens.</summary>
    public int GetIndexByTokenCount(
        string text, int maxTokenCount, out string? normalizedText, out int tokenCount,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return GetIndexByTokenCount(text, default, settings, false, out normalizedText, out tokenCount);
    }

    /// <summary>The index in the text after its first <paramref name="maxTokenCount"/> tokens.</summary>
    public int GetIndexByTokenCount(
        ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int tokenCount,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return GetIndexByTokenCount(null, text, settings, false, out normalizedText, out tokenCount);
    }

    /// <summary>The index in the text where its last <paramref name="maxTokenCount"/> tokens begin.</summary>
    public int GetIndexByTokenCountFromEnd(
        string text, int maxTokenCount, out string? normalizedText, out int tokenCount,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return GetIndexByTokenCount(text, default, settings, true, out normalizedText, out tokenCount);
    }

    /// <summary>The index in the text where its last <paramref name="maxTokenCount"/> tokens begin.</summary>
    public int GetIndexByTokenCountFromEnd(
        ReadOnlySpan<char> text, int maxTokenCount, out string? normalizedText, out int tokenCount,
        bool considerPreTokenization = true, bool considerNormalization = true)
    {
        EncodeSettings settings = Settings(considerPreTokenization, considerNormalization, maxTokenCount);
        return GetIndexByTokenCount(null, text, settings, true, out normalizedText, out tokenCount);
    }

    /// <summary>The text of a list of ids.</summary>
    public virtual string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        List<int> list = [.. ids];
        char[] buffer = new char[Math.Max(64, list.Count * 8)];
        while (true)
        {
            OperationStatus status = Decode(list, buffer, out _, out int charsWritten);
            if (status != OperationStatus.DestinationTooSmall)
            {
                return new string(buffer, 0, charsWritten);
            }
            buffer = new char[buffer.Length * 2];
        }
    }

    /// <summary>Writes the text of a list of ids into <paramref name="destination"/>.</summary>
    public abstract OperationStatus Decode(
        IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten);

    private static EncodeSettings Settings(bool preTokenization, bool normalization) =>
        new() { ConsiderPreTokenization = preTokenization, ConsiderNormalization = normalization };

    private static EncodeSettings Settings(bool preTokenization, bool normalization, int maxTokenCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokenCount);
        EncodeSettings settings = Settings(preTokenization, normalization);
        settings.MaxTokenCount = maxTokenCount;
        return settings;
    }

    private static IReadOnlyList<TToken> Unpack<TToken>(
        EncodeResults<TToken> results, out string? normalizedText, out int charsConsumed)
    {
        normalizedText = results.NormalizedText;
        charsConsumed = results.CharsConsumed;
        return results.Tokens;
    }
}
