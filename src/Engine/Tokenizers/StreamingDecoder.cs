using System.Buffers;
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
    private byte[] _tail = [];

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
        int charsUsed = _decoder.GetChars(bytes, chars, flush);
        Remember(bytes, flush);
        return new string(chars, 0, charsUsed);
    }

    /// <summary>
    /// Keeps the last three bytes, enough to see whether they are the beginning of a character.
    /// </summary>
    private void Remember(ReadOnlySpan<byte> bytes, bool flush)
    {
        _tail = flush ? [] : [.. _tail, .. bytes[Math.Max(0, bytes.Length - 3)..]];
        _tail = _tail[Math.Max(0, _tail.Length - 3)..];
        int lead = Array.FindLastIndex(_tail, value => value >= 0xC0);
        IsInsideCharacter = lead >= 0
            && Rune.DecodeFromUtf8(_tail.AsSpan(lead), out _, out _) == OperationStatus.NeedMoreData;
    }
}
