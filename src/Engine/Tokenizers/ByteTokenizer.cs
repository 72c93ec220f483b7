using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Every byte is a token: ids 0 to 255 are the bytes, 256 is the end of text. Nothing to train.
/// </summary>
public sealed class ByteTokenizer : TextTokenizer
{
    private const int EndOfTextId = 256;

    private readonly ByteLevelBpe _inner;

    /// <summary>Creates the tokenizer.</summary>
    public ByteTokenizer()
    {
        var vocabulary = new Dictionary<string, int>();
        for (int value = 0; value < 256; value++)
        {
            vocabulary.Add(ByteAlphabet.ToChar((byte)value).ToString(), value);
        }
        _inner = new ByteLevelBpe(new BpeDefinition
        {
            Vocabulary = vocabulary,
            Merges = [],
            AddedTokens = [new AddedToken(EndOfTextId, SpecialNames.EndOfText)],
            EndOfText = EndOfTextId,
        });
    }

    /// <inheritdoc/>
    public override int VocabSize => EndOfTextId + 1;

    /// <inheritdoc/>
    public override int? EndOfText => EndOfTextId;

    /// <inheritdoc/>
    public override IReadOnlyList<AddedToken> AddedTokens => _inner.AddedTokens;

    /// <inheritdoc/>
    public override PreTokenizer? PreTokenizer => _inner.PreTokenizer;

    internal BpeDefinition Definition => _inner.Definition;

    /// <inheritdoc/>
    public override string? IdToToken(int id) => _inner.IdToToken(id);

    /// <inheritdoc/>
    public override int? TokenToId(string token) => _inner.TokenToId(token);

    /// <inheritdoc/>
    public override void EncodeUtf8(ReadOnlySpan<byte> utf8, List<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ids.EnsureCapacity(ids.Count + utf8.Length);
        foreach (byte value in utf8)
        {
            ids.Add(value);
        }
    }

    internal static bool Describes(BpeDefinition definition) =>
        definition.Merges.Count == 0 && definition.Vocabulary.Count == 256
        && definition is { AddsPrefixSpace: false, IsComposed: false, EndOfText: EndOfTextId }
        && definition.AddedTokens.Count == 1
        && definition.AddedTokens[0] == new AddedToken(EndOfTextId, SpecialNames.EndOfText)
        && definition.Vocabulary.All(
            e => e.Value < 256 && ByteAlphabet.ToChar((byte)e.Value).ToString() == e.Key);

    internal override IdDecoder CreateDecoder(DecodeOptions options, InvalidBytes invalid) =>
        _inner.CreateDecoder(options, invalid);

    internal override void Tokenize(
        ReadOnlySpan<char> text, EncodeOptions options, bool cutsPieces, bool normalizes, TokenSink sink) =>
        _inner.Tokenize(text, options, cutsPieces, normalizes, sink);
}
