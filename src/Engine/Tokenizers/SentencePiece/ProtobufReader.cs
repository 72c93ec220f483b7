using System.Buffers.Binary;
using System.Text;

namespace Inheritune.Engine.Tokenizers;

/// <summary>
/// Reads the fields of one protocol-buffer message. Every length is checked against the bytes that are left;
/// groups, which no tokenizer has, are refused.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string place)
{
    public const int Varint = 0;
    public const int EightBytes = 1;
    public const int Bytes = 2;
    public const int FourBytes = 5;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _message = message;
    private readonly string _place = place;
    private int _position;
    private ulong _number;
    private ReadOnlySpan<byte> _bytes;

    /// <summary>The number of the field just read.</summary>
    public int Field { get; private set; }

    /// <summary>The wire type of the field just read.</summary>
    public int WireType { get; private set; }

    /// <summary>Reads the next field; false at the end.</summary>
    /// <exception cref="TokenizerException">The message is damaged.</exception>
    public bool Next()
    {
        if (_position == _message.Length)
        {
            return false;
        }
        ulong key = ReadVarint();
        if (key >> 3 is 0 or > 0x1FFFFFFF)
        {
            throw Damaged($"field number {key >> 3}");
        }
        Field = (int)(key >> 3);
        WireType = (int)(key & 7);
        switch (WireType)
        {
            case Varint:
                _number = ReadVarint();
                break;
            case EightBytes:
                _number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                break;
            case FourBytes:
                _number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                break;
            case Bytes:
                _bytes = Take(ReadVarint());
                break;
            default:
                throw Damaged($"wire type {WireType}");
        }
        return true;
    }

    public readonly ReadOnlySpan<byte> AsBytes()
    {
        Require(Bytes);
        return _bytes;
    }

    public readonly string AsText()
    {
        Require(Bytes);
        try
        {
            return StrictUtf8.GetString(_bytes);
        }
        catch (DecoderFallbackException fault)
        {
            throw new TokenizerException(
                $"{_place}: field {Field}: expected UTF-8 text, got byte "
                + $"{fault.BytesUnknown?[0]:X2}. Get the file again.", fault);
        }
    }

    public readonly int AsInt()
    {
        Require(Varint);
        return unchecked((int)_number);
    }

    public readonly bool AsFlag()
    {
        Require(Varint);
        return _number != 0;
    }

    public readonly float AsFloat()
    {
        Require(FourBytes);
        float value = BitConverter.UInt32BitsToSingle((uint)_number);
        return float.IsNaN(value) ? throw Damaged("a score that is no number") : value;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
        throw Damaged("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _position))
        {
            throw Damaged($"a length of {count} where {_message.Length - _position} bytes are left");
        }
        ReadOnlySpan<byte> taken = _message.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    private readonly void Require(int wireType)
    {
        if (WireType != wireType)
        {
            throw Damaged($"wire type {WireType} instead of {wireType} in field {Field}");
        }
    }

    private readonly TokenizerException Damaged(string what) =>
        new($"{_place}: expected a protocol-buffer message, got {what} at byte {_position}. "
            + "The file is cut off or no SentencePiece model. Get it again.");
}
