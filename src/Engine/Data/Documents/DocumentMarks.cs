using Inheritune.Engine.Tokenizers;

namespace Inheritune.Engine.Data.Documents;

/// <summary>The tokens around a document.</summary>
/// <param name="Before">In front, or null.</param>
/// <param name="After">Behind, or null.</param>
internal sealed record DocumentMarks(int? Before, int? After)
{
    /// <summary>The tokens that a tokenizer has for a separator.</summary>
    /// <exception cref="CorpusException">It has none.</exception>
    public static DocumentMarks Of(TextTokenizer tokenizer, DocumentSeparator separator)
    {
        int? begin = Begin(tokenizer), end = tokenizer.EndOfText;
        return separator switch
        {
            DocumentSeparator.EndBefore => new(Require(end, "end-of-text"), null),
            DocumentSeparator.EndAfter => new(null, Require(end, "end-of-text")),
            DocumentSeparator.BeginAndEnd => new(Require(begin, "begin-of-text"), Require(end, "end-of-text")),
            _ => new(begin ?? Require(end, "end-of-text"), null),
        };
    }

    /// <summary>
    /// The token that the tokenizer puts in front of a text, where it is another one than the end. NOTE: OPT
    /// has an &lt;s&gt; too, which its texts do not begin with, so the name alone does not tell.
    /// </summary>
    private static int? Begin(TextTokenizer tokenizer)
    {
        int? begin = tokenizer switch
        {
            ByteLevelBpe bpe => bpe.Definition.Front is [int first, ..] ? first : null,
            SentencePieceBpe pieces => pieces.Definition.Front is [int first, ..] ? first
                : pieces.Definition.BeginOfText,
            _ => null,
        };
        begin ??= tokenizer.TokenToId("<|begin_of_text|>");
        return begin == tokenizer.EndOfText ? null : begin;
    }

    private static int Require(int? id, string what) => id ?? throw new CorpusException(
        "options",
        $"Prepare: tokenizer: expected one with a token for {what}, got one without. Choose another separator or "
        + "another tokenizer.");
}
