using System.Buffers;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Turns ids into text one at a time. At most three bytes of an unfinished character are kept back; the
/// concatenation of all results and the flush equals decoding the whole list. Not safe for concurrent use.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly IdDecoder _ids;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private byte[] _tail = [];
    private bool _isInsideBytes;

    internal StreamingDecoder(IdDecoder ids)
    {
        _ids = ids;
    }

    /// <summary>Whether bytes of an unfinished character are held back.</summary>
    public bool IsInsideCharacter => _isInsideBytes || _ids.HoldsBytes;

    /// <summary>Takes an id and returns the text that has become certain.</summary>
    public string Add(int id)
    {
        _bytes.ResetWrittenCount();
        _ids.Add(id, _bytes);
        return Convert(flush: false);
    }

    /// <summary>Returns the rest and starts anew.</summary>
    public string Flush()
    {
        _bytes.ResetWrittenCount();
        _ids.Flush(_bytes);
        return Convert(flush: true);
    }

    private string Convert(bool flush)
    {
        ReadOnlySpan<byte> bytes = _bytes.WrittenSpan;
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
        _isInsideBytes = lead >= 0
            && Rune.DecodeFromUtf8(_tail.AsSpan(lead), out _, out _) == OperationStatus.NeedMoreData;
    }
}
