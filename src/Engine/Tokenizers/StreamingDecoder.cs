using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Turns ids into text one at a time. At most three bytes of an unfinished character are kept back; the
/// concatenation of all results and the flush equals decoding the whole list. Not safe for concurrent use.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly TextTokenizer _tokenizer;
    private readonly DecodeOptions _options;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    internal StreamingDecoder(TextTokenizer tokenizer, DecodeOptions options)
    {
        _tokenizer = tokenizer;
        _options = options;
    }

    /// <summary>Whether bytes of an unfinished character are held back.</summary>
    public bool IsInsideCharacter { get; private set; }

    /// <summary>Takes an id and returns the text that has become certain.</summary>
    public string Add(int id) => Convert(_tokenizer.BytesOf(id, _options).Span, flush: false);

    /// <summary>Returns the rest and starts anew.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (bytes.IsEmpty && !flush)
        {
            return "";
        }
        var chars = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        _decoder.Convert(bytes, chars, flush, out _, out int charsUsed, out bool completed);
        IsInsideCharacter = !flush && !completed;
        return new string(chars, 0, charsUsed);
    }
}
