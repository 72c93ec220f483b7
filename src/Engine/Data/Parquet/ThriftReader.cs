using System.Text;

namespace Inheritune.Engine.Data.Parquet;

/// <summary>
/// Reads Thrift's compact protocol. Every element takes at least one byte, so a list longer than the bytes
/// that are left is refused before anything is made of it.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int DepthLimit = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _depth;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Left => _bytes.Length - Position;

    /// <summary>Goes into a structure or list; <see cref="Leave"/> goes out again.</summary>
    public void Enter()
    {
        if (++_depth > DepthLimit)
        {
            throw new ThriftException($"more than {DepthLimit} levels");
        }
    }

    /// <summary>Goes out of a structure or list.</summary>
    public void Leave() => _depth--;

    /// <summary>The header of the next field; false at the end of the structure.</summary>
    /// <param name="id">Number of the field before, then of this one; 0 before the first.</param>
    /// <param name="type">Its type.</param>
    public bool TryReadField(ref int id, out ThriftType type)
    {
        byte header = ReadByte();
        type = (ThriftType)(header & 15);
        if (header == 0)
        {
            return false;
        }
        if (type is ThriftType.Stop or > ThriftType.Uuid)
        {
            throw new ThriftException($"a field of type {(int)type}");
        }
        long next = header >> 4 == 0 ? ReadSigned(16) : id + (header >> 4);
        if (next is < 1 or > short.MaxValue)
        {
            throw new ThriftException($"a field with the number {next}");
        }
        id = (int)next;
        return true;
    }

    /// <summary>A number of a field that has to be an i32.</summary>
    public int ReadI32(ThriftType type)
    {
        Require(type, ThriftType.I32);
        return (int)ReadSigned(32);
    }

    /// <summary>A number of a field that has to be an i64.</summary>
    public long ReadI64(ThriftType type)
    {
        Require(type, ThriftType.I64);
        return ReadSigned(64);
    }

    /// <summary>A text of a field that has to be binary.</summary>
    public string ReadText(ThriftType type)
    {
        Require(type, ThriftType.Binary);
        return Encoding.UTF8.GetString(ReadBinary());
    }

    /// <summary>The length of a list whose elements have to be of a type.</summary>
    public int ReadList(ThriftType type, ThriftType element)
    {
        Require(type, ThriftType.List);
        int count = ReadListHeader(out ThriftType found);
        return count == 0 || found == element
            ? count
            : throw new ThriftException($"a list of {found} where one of {element} belongs");
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type)
    {
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                Take(1);
                break;
            case ThriftType.I16:
                ReadSigned(16);
                break;
            case ThriftType.I32:
                ReadSigned(32);
                break;
            case ThriftType.I64:
                ReadSigned(64);
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                ReadBinary();
                break;
            case ThriftType.Uuid:
                Take(16);
                break;
            case ThriftType.Structure:
                SkipStructure();
                break;
            case ThriftType.Map:
                SkipMap();
                break;
            default:
                SkipList();
                break;
        }
    }

    private static void Require(ThriftType type, ThriftType expected)
    {
        if (type != expected)
        {
            throw new ThriftException($"{type} where {expected} belongs");
        }
    }

    private void SkipStructure()
    {
        Enter();
        int id = 0;
        while (TryReadField(ref id, out ThriftType type))
        {
            Skip(type);
        }
        Leave();
    }

    private void SkipList()
    {
        int count = ReadListHeader(out ThriftType element);
        Enter();
        for (int i = 0; i < count; i++)
        {
            SkipElement(element);
        }
        Leave();
    }

    private void SkipMap()
    {
        int count = ReadCount(ReadVarint());
        if (count == 0)
        {
            return;
        }
        byte types = ReadByte();
        Enter();
        for (int i = 0; i < count; i++)
        {
            SkipElement(Element(types >> 4));
            SkipElement(Element(types & 15));
        }
        Leave();
    }

    /// <summary>In lists and maps a truth value is a byte.</summary>
    private void SkipElement(ThriftType type) =>
        Skip(type is ThriftType.True or ThriftType.False ? ThriftType.Byte : type);

    private int ReadListHeader(out ThriftType element)
    {
        byte header = ReadByte();
        int count = header >> 4 == 15 ? ReadCount(ReadVarint()) : ReadCount((ulong)(header >> 4));
        // An empty list may have no type at all.
        element = count == 0 && (header & 15) == 0 ? ThriftType.Byte : Element(header & 15);
        return count;
    }

    private static ThriftType Element(int type) => type is >= 1 and <= 13
        ? (ThriftType)type
        : throw new ThriftException($"elements of type {type}");

    private readonly int ReadCount(ulong count) => count <= (ulong)Left
        ? (int)count
        : throw new ThriftException($"{count} elements in {Left} bytes", isCutOff: true);

    private ReadOnlySpan<byte> ReadBinary()
    {
        ulong length = ReadVarint();
        return length <= (ulong)Left
            ? Take((int)length)
            : throw new ThriftException($"a text of {length} bytes in {Left}", isCutOff: true);
    }

    private long ReadSigned(int bits)
    {
        ulong value = ReadVarint();
        return bits == 64 || value >> bits == 0
            ? (long)(value >> 1) ^ -(long)(value & 1)
            : throw new ThriftException($"a number that does not fit into {bits} bits");
    }

    private ulong ReadVarint()
    {
        ulong result = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte value = ReadByte();
            result |= (ulong)(value & 0x7F) << shift;
            if (value < 0x80)
            {
                return shift < 63 || value <= 1 ? result : throw new ThriftException("a number above 64 bits");
            }
        }
        throw new ThriftException("a number without end");
    }

    private byte ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Left)
        {
            throw new ThriftException("the bytes end too early", isCutOff: true);
        }
        Position += count;
        return _bytes.Slice(Position - count, count);
    }
}
