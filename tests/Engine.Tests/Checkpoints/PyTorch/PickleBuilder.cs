using System.Buffers.Binary;
using System.Text;

namespace Inheritune.Engine.Tests.Checkpoints.PyTorch;

/// <summary>Writes pickles operation by operation, as PyTorch does.</summary>
internal sealed class PickleBuilder
{
    private readonly List<byte> _bytes = [];

    public PickleBuilder() => Raw(0x80, 2);

    public byte[] Finish()
    {
        Raw('.');
        return [.. _bytes];
    }

    public PickleBuilder Raw(params int[] bytes)
    {
        foreach (var value in bytes)
        {
            _bytes.Add((byte)value);
        }

        return this;
    }

    public PickleBuilder Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        Raw('X');
        _bytes.AddRange(length);
        _bytes.AddRange(utf8);
        return this;
    }

    public PickleBuilder Number(long value)
    {
        if (value is >= 0 and < 256)
        {
            return Raw('K', (int)value);
        }

        var bytes = BitConverter.GetBytes(value);
        Raw(0x8A, 8);
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleBuilder Global(string module, string name)
    {
        Raw('c');
        _bytes.AddRange(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
        return this;
    }

    public PickleBuilder Dictionary(Action<PickleBuilder> items)
    {
        Raw('}', '(');
        items(this);
        return Raw('u');
    }

    /// <summary>A tensor that views a storage.</summary>
    public PickleBuilder Tensor(
        string storageType, string key, long count, long offset, long[] shape, long[] stride)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Raw('(', '(');
        Text("storage").Global("torch", storageType).Text(key).Text("cpu").Number(count).Raw('t', 'Q');
        Number(offset);
        Tuple(shape);
        Tuple(stride);
        return Raw(0x89).Global("collections", "OrderedDict").Raw(')', 'R', 't', 'R');
    }

    private void Tuple(long[] values)
    {
        Raw('(');
        foreach (var value in values)
        {
            Number(value);
        }

        Raw('t');
    }
}
