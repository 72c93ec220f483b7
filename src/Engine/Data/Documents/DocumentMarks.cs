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
    /// A begin-of-text token that is another one than the end. NOTE: OPT has an &lt;s&gt; too, which its texts
    /// do not begin with, so the name alone does not tell.
    /// </summary>
    private static int? Begin(TextTokenizer tokenizer) => tokenizer.TokenToId("<|begin_of_text|>")
        ?? (tokenizer.TokenToId("<0x00>") is not null ? tokenizer.TokenToId("<s>") : null);

    private static int Require(int? id, string what) => id ?? throw new CorpusException(
        "options",
        $"Prepare: tokenizer: expected one with a token for {what}, got one without. Choose another separator or "
        + "another tokenizer.");
}
