using System.Collections.Concurrent;
using Microsoft.ML.Tokenizers;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Byte-level byte-pair encoding (Sennrich et al., arXiv:1508.07909; Radford et al. 2019): the tokenizer of
/// GPT-2, OPT, Llama 3 and of every vocabulary trained here. Any text can be encoded and decodes to itself.
/// </summary>
public sealed partial class ByteLevelBpe : TextTokenizer
{
    private readonly BpeVocabulary _vocabulary;
    private readonly ConcurrentBag<EncoderState> _states = [];
    private readonly AddedTokenMatcher _rawAll;
    private readonly AddedTokenMatcher _rawOrdinary;
    private readonly AddedTokenMatcher _normalizedAll;
    private readonly AddedTokenMatcher _normalizedOrdinary;
    private readonly HashSet<int> _specialIds;

    /// <exception cref="TokenizerException">The parts contradict one another.</exception>
    internal ByteLevelBpe(BpeDefinition definition)
    {
        Definition = definition;
        _vocabulary = new BpeVocabulary(definition);
        _rawAll = Matcher(isNormalized: false, SpecialTokens.All);
        _rawOrdinary = Matcher(isNormalized: false, SpecialTokens.None);
        _normalizedAll = Matcher(isNormalized: true, SpecialTokens.All);
        _normalizedOrdinary = Matcher(isNormalized: true, SpecialTokens.None);
        _specialIds = [.. definition.AddedTokens.Where(token => token.IsSpecial).Select(token => token.Id)];
    }

    /// <inheritdoc/>
    public override int VocabSize => _vocabulary.Size;

    /// <inheritdoc/>
    public override int? EndOfText => Definition.EndOfText;

    /// <inheritdoc/>
    public override IReadOnlyList<AddedToken> AddedTokens => Definition.AddedTokens;

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

    internal override ReadOnlyMemory<byte> BytesOf(int id, DecodeOptions options)
    {
        if (options.SkipSpecial && _specialIds.Contains(id))
        {
            return default;
        }
        byte[]? bytes = _vocabulary.BytesOf(id);
        if (bytes is null && options.IsStrict)
        {
            throw new TokenizerException(
                $"Decode: id: expected one with text, 0 to {VocabSize - 1}, got {id}. "
                + "The ids may come from another tokenizer. Use the tokenizer that the ids were made with.");
        }
        return bytes;
    }

    private AddedTokenMatcher Matcher(bool isNormalized, SpecialTokens special)
    {
        Func<string, string> normalize =
            isNormalized && Definition.IsComposed ? Composition.Compose : text => text;
        return new AddedTokenMatcher(
            Definition.AddedTokens.Where(
                token => token.IsNormalized == isNormalized && special.Allows(token)),
            normalize);
    }

    private EncoderState Rent() =>
        _states.TryTake(out EncoderState? state) ? state : new EncoderState(_vocabulary);

    /// <summary>Work space of one encoding thread.</summary>
    private sealed class EncoderState(BpeVocabulary vocabulary)
    {
        public PieceMerger Merger { get; } = new(vocabulary);

        public PieceCache Cache { get; } = new();
    }
}
