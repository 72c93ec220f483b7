using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// SentencePiece byte-pair encoding (Kudo and Richardson, arXiv:1808.06226): the tokenizer of Llama 1 and 2,
/// TinyLlama, Sheared-LLaMA and OpenLLaMA, from tokenizer.model or from the same in tokenizer.json.
/// </summary>
public sealed partial class SentencePieceBpe : AddedTokenTokenizer
{
    private readonly SymbolVocabulary _vocabulary;
    private readonly ModelNormalizer? _modelNormalizer;
    private readonly Dictionary<int, AddedToken> _addedById;
    private readonly Dictionary<string, int> _addedByContent;
    private readonly ConcurrentBag<EncoderState> _states = [];

    internal SentencePieceBpe(SymbolDefinition definition)
        : base(
            definition.AddedTokens, definition.Front, definition.Back,
            text => NormalizeToken(definition.Steps, text))
    {
        Definition = definition;
        _vocabulary = definition.Vocabulary;
        _modelNormalizer = definition.Model is { } model
            ? new ModelNormalizer(model, _vocabulary.UserDefined)
            : null;
        _addedById = definition.AddedTokens.ToDictionary(token => token.Id);
        _addedByContent = [];
        foreach (AddedToken token in definition.AddedTokens)
        {
            _addedByContent[token.Content] = token.Id;
        }
        VocabSize = Math.Max(_vocabulary.IdCount, TokenIds.Size(_addedById.Keys));
        Normalizer = new WholeText(this);
        _isPlain = IsPlain(definition, out _plainPrefix, out _prefixesSpaces) && !HasOrdinaryTokens;
    }

    /// <inheritdoc/>
    public override int VocabSize { get; }

    /// <inheritdoc/>
    public override int? EndOfText => Definition.EndOfText;

    /// <inheritdoc/>
    public override Normalizer? Normalizer { get; }

    internal SymbolDefinition Definition { get; }

    /// <inheritdoc/>
    public override string? IdToToken(int id) =>
        _addedById.TryGetValue(id, out AddedToken? token) ? token.Content : _vocabulary.TokenOf(id);

    /// <inheritdoc/>
    public override int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _addedByContent.TryGetValue(token, out int id) ? id : _vocabulary.IdOf(token);
    }

    internal override IdDecoder CreateDecoder(DecodeOptions options, InvalidBytes invalid) =>
        Definition.Model is null
            ? new JsonDecoder(this, options, invalid)
            : new ModelDecoder(this, options, invalid);

    private protected override object RentState() =>
        _states.TryTake(out EncoderState? state) ? state : new EncoderState(_vocabulary);

    private protected override void ReturnState(object state) => _states.Add((EncoderState)state);

    private static string NormalizeToken(IReadOnlyList<NormalizerStep> steps, string text)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (NormalizerStep step in steps)
        {
            output.ResetWrittenCount();
            step.Apply(Encoding.UTF8.GetBytes(text), output);
            text = Encoding.UTF8.GetString(output.WrittenSpan);
        }
        return text;
    }

    /// <summary>Work space of one encoding thread.</summary>
    private sealed class EncoderState(SymbolVocabulary vocabulary)
    {
        public SymbolEncoder Encoder { get; } = new(vocabulary);

        public PieceCache Cache { get; } = new();

        public ArrayBufferWriter<byte> Normalized { get; set; } = new();

        public ArrayBufferWriter<byte> Spare { get; set; } = new();

        public ArrayBufferWriter<byte> Spaced { get; } = new();
    }

    /// <summary>Shows what becomes of a text in which no special token is meant.</summary>
    private sealed class WholeText(SentencePieceBpe tokenizer) : Normalizer
    {
        public override string Normalize(string original) => Normalize(original.AsSpan());

        public override string Normalize(ReadOnlySpan<char> original)
        {
            var sink = new TokenSink(wantsOffsets: true);
            tokenizer.Tokenize(original, EncodeOptions.PlainText, true, true, sink);
            return Encoding.UTF8.GetString(sink.Text.WrittenSpan);
        }
    }
}
