using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Byte-level byte-pair encoding (Sennrich et al., arXiv:1508.07909; Radford et al. 2019): the tokenizer of
/// GPT-2, OPT, Llama 3 and of every vocabulary trained here. Any text can be encoded and decodes to itself.
/// </summary>
public sealed partial class ByteLevelBpe : AddedTokenTokenizer
{
    private readonly BpeVocabulary _vocabulary;
    private readonly ConcurrentBag<EncoderState> _states = [];

    /// <exception cref="TokenizerException">The parts contradict one another.</exception>
    internal ByteLevelBpe(BpeDefinition definition)
        : base(
            definition.AddedTokens, definition.Front, definition.Back,
            definition.IsComposed ? Composition.Compose : text => text)
    {
        Definition = definition;
        _vocabulary = new BpeVocabulary(definition);
    }

    /// <inheritdoc/>
    public override int VocabSize => _vocabulary.Size;

    /// <inheritdoc/>
    public override int? EndOfText => Definition.EndOfText;

    /// <summary>The pattern that cuts text into pieces.</summary>
    public PieceCut Cut => Definition.Cut;

    /// <summary>How many merges the vocabulary has.</summary>
    public int MergeCount => Definition.Merges.Count;

    /// <inheritdoc/>
    public override Normalizer? Normalizer => Definition.IsComposed ? Composition.Instance : null;

    /// <inheritdoc/>
    public override PreTokenizer? PreTokenizer => Definition.Cut switch
    {
        PieceCut.Gpt2 => ScannerPreTokenizer<Gpt2Scanner>.Instance,
        PieceCut.Llama3 => ScannerPreTokenizer<Llama3Scanner>.Instance,
        _ => null,
    };

    internal BpeDefinition Definition { get; }

    internal BpeVocabulary Vocabulary => _vocabulary;

    /// <inheritdoc/>
    public override string? IdToToken(int id) => _vocabulary.TokenOf(id);

    /// <inheritdoc/>
    public override int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _vocabulary.IdOf(token);
    }

    internal override IdDecoder CreateDecoder(DecodeOptions options, InvalidBytes invalid) =>
        new ByteDecoder(this, options);

    /// <summary>The bytes of an id; none for an id without text.</summary>
    private ReadOnlySpan<byte> BytesOf(int id, DecodeOptions options)
    {
        if (options.SkipSpecial && IsSpecial(id))
        {
            return default;
        }
        byte[]? bytes = _vocabulary.BytesOf(id);
        if (bytes is null && options.IsStrict)
        {
            throw NoText(id);
        }
        return bytes;
    }

    private protected override object RentState() =>
        _states.TryTake(out EncoderState? state) ? state : new EncoderState(_vocabulary);

    private protected override void ReturnState(object state) => _states.Add((EncoderState)state);

    /// <summary>Work space of one encoding thread.</summary>
    private sealed class EncoderState(BpeVocabulary vocabulary)
    {
        public PieceMerger Merger { get; } = new(vocabulary);

        public PieceCache Cache { get; } = new();

        public ArrayBufferWriter<byte> Composed { get; } = new();
    }

    private sealed class ByteDecoder(ByteLevelBpe tokenizer, DecodeOptions options) : IdDecoder
    {
        public override void Add(int id, ArrayBufferWriter<byte> output) =>
            output.Write(tokenizer.BytesOf(id, options));
    }
}
