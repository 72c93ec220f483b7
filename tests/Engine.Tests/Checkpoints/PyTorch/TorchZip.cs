using System.IO.Compression;

namespace Inheritune.Engine.Tests.Checkpoints.PyTorch;

/// <summary>Writes PyTorch's zip form for tests.</summary>
internal sealed class TorchZip
{
    private readonly List<(string Name, byte[] Bytes)> _entries = [];
    private readonly PickleBuilder _pickle = new();
    private int _next;

    public TorchZip() => _pickle.Raw('}', '(');

    public PickleBuilder Pickle => _pickle;

    /// <summary>Adds a tensor with a storage of its own; transposed: stored by columns.</summary>
    public TorchZip Add(string name, float[] values, long[] shape, bool transposed = false)
    {
        var stored = values.ToArray();
        long[] stride = new long[shape.Length];
        long step = 1;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            stride[i] = step;
            step *= shape[i];
        }

        if (transposed)
        {
            for (var r = 0; r < shape[0]; r++)
            {
                for (var c = 0; c < shape[1]; c++)
                {
                    stored[c * shape[0] + r] = values[r * shape[1] + c];
                }
            }

            stride = [1, shape[0]];
        }

        var key = Store(System.Runtime.InteropServices.MemoryMarshal.AsBytes(stored.AsSpan()).ToArray());
        _pickle.Text(name).Tensor("FloatStorage", key, values.Length, 0, shape, stride);
        return this;
    }

    /// <summary>Adds a storage and returns its key.</summary>
    public string Store(byte[] bytes)
    {
        _entries.Add(($"data/{_next}", bytes));
        return (_next++).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public byte[] Finish() => Zip(_pickle.Raw('u').Finish(), _entries);

    /// <summary>A zip archive around a pickle and storages.</summary>
    public static byte[] Zip(
        byte[] pickle, IEnumerable<(string Name, byte[] Bytes)> entries,
        CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries.Prepend(("data.pkl", pickle)).Append(("version", "3\n"u8.ToArray())))
            {
                using var entry = zip.CreateEntry("archive/" + name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }
}
