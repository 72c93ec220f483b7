using System.Buffers.Binary;
using System.Text;

namespace Engine.Tests.Tokenizers;

/// <summary>Writes SentencePiece model files for tests.</summary>
internal sealed class ModelFile
{
    private readonly List<byte> _bytes = [];
    private readonly List<byte> _trainer = [];
    private readonly List<byte> _normalizer = [];

    public static byte[] Varint(int field, long value) => [.. Key(field, 0), .. Number((ulong)value)];

    public static byte[] Bytes(int field, byte[] value) =>
        [.. Key(field, 2), .. Number((ulong)value.Length), .. value];

    public static byte[] Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public static byte[] Float(int field, float value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return [.. Key(field, 5), .. bytes];
    }

    public ModelFile Piece(string text, float score = 0, int kind = 1)
    {
        _bytes.AddRange(Bytes(1, [.. Text(1, text), .. Float(2, score), .. Varint(3, kind)]));
        return this;
    }

    /// <summary>The pieces that every model begins with: unknown, begin, end and, if wanted, the bytes.</summary>
    public ModelFile Head(bool hasBytes = false)
    {
        Piece("<unk>", 0, 2).Piece("<s>", 0, 3).Piece("</s>", 0, 3);
        for (int value = 0; hasBytes && value < 256; value++)
        {
            Piece($"<0x{value:X2}>", 0, 6);
        }
        return hasBytes ? Trainer(Varint(35, 1)) : this;
    }

    public ModelFile Trainer(params byte[] field)
    {
        _trainer.AddRange(field);
        return this;
    }

    public ModelFile Normalizer(params byte[] field)
    {
        _normalizer.AddRange(field);
        return this;
    }

    /// <summary>Neither removes white space nor, unless told, puts a space in front.</summary>
    public ModelFile Plain(bool hasPrefix = true) =>
        Normalizer([.. Varint(3, hasPrefix ? 1 : 0), .. Varint(4, 0)]);

    public byte[] ToArray() =>
        [.. _bytes, .. Bytes(2, [.. Varint(3, 2), .. _trainer]), .. Bytes(3, [.. _normalizer])];

    private static byte[] Key(int field, int wireType) => Number(((ulong)field << 3) | (uint)wireType);

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
