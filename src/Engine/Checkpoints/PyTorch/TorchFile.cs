using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints.PyTorch;

/// <summary>
/// An open PyTorch file (.bin, .pt), zip or stream form. Opening reads the pickle with its closed list of
/// operations; values are read from their storages on demand, by position.
/// </summary>
internal sealed partial class TorchFile : ITensorFile
{
    private const int ChunkBytes = 1 << 20;
    private const int PickleLimit = 64 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _length;
    private readonly Dictionary<SafetensorsEntry, TorchTensor> _tensors = [];
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly Lock _gather = new();
    private (TorchTensor? Tensor, float[] Values) _gathered = (null, []);

    private TorchFile(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        _length = RandomAccess.GetLength(handle);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>The dictionary of the file as it is, where the tensors may be a part of it.</summary>
    public PickleDictionary Root { get; private set; } = new();

    /// <summary>Whether the first bytes are those of one of the two forms.</summary>
    public static bool IsTorch(string path)
    {
        using var handle = File.OpenHandle(path);
        Span<byte> start = stackalloc byte[9];
        if (RandomAccess.Read(handle, start, 0) < start.Length)
        {
            return false;
        }

        // NOTE: a safetensors file begins with a length that may happen to look the same, then '{'.
        return (start.StartsWith("PK\x03\x04"u8) && start[8] != '{')
            || (start[0] == 0x80 && start[2..].StartsWith((ReadOnlySpan<byte>)[0x8A, 0x0A, 0x6C, 0xFC]));
    }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="CheckpointException">
    /// It is damaged, or its pickle uses something outside the closed list.
    /// </exception>
    public static TorchFile Open(string path)
    {
        var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        var file = new TorchFile(path, handle);
        try
        {
            Span<byte> first = stackalloc byte[1];
            var root = RandomAccess.Read(handle, first, 0) == 1 && first[0] == 0x80
                ? file.ReadStream()
                : file.ReadZip();
            file.Root = root as PickleDictionary
                ?? throw new CheckpointException($"{path}: expected a dictionary of tensors, got something else.");
            file.Collect(file.FindTensors());
            return file;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void ReadFloats(SafetensorsEntry entry, long firstElement, Span<float> destination)
    {
        var tensor = _tensors[entry];
        if (!SafetensorsTypes.IsFloat(entry.DType))
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': expected F64, F32, F16 or BF16 values, got {entry.DType}.");
        }

        if (firstElement < 0 || firstElement > tensor.Count - destination.Length)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': elements {firstElement}.."
                + $"{firstElement + destination.Length}: expected inside {entry.ShapeText}.");
        }

        if (tensor.IsContiguous)
        {
            ReadStorage(tensor.Storage, tensor.Offset + firstElement, destination);
            return;
        }

        lock (_gather)
        {
            if (_gathered.Tensor != tensor)
            {
                _gathered = (tensor, Span(entry, tensor));
            }

            Gather(tensor, _gathered.Values, firstElement, destination);
        }
    }

    /// <inheritdoc/>
    public void ReadBytes(SafetensorsEntry entry, Span<byte> destination)
    {
        var tensor = _tensors[entry];
        if (!tensor.IsContiguous || destination.Length > entry.SizeBytes)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': expected {destination.Length} bytes that follow one another.");
        }

        var position = tensor.Storage.Position + tensor.Offset * tensor.Storage.ElementBytes;
        FileBytes.ReadExactly(Path, _handle, destination, position);
    }

    /// <inheritdoc/>
    public void RequireStored(SafetensorsEntry entry)
    {
        var tensor = _tensors[entry];
        if (tensor.Count > tensor.Storage.Count)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}' {entry.ShapeText}: expected as many elements in the file, got "
                + $"{tensor.Storage.Count} that are repeated. Save the model with contiguous tensors.");
        }
    }

    /// <inheritdoc/>
    public bool AreSame(SafetensorsEntry left, SafetensorsEntry right)
    {
        TorchTensor a = _tensors[left], b = _tensors[right];
        return ReferenceEquals(a.Storage, b.Storage) && a.Offset == b.Offset
            && a.Shape.AsSpan().SequenceEqual(b.Shape) && a.Stride.AsSpan().SequenceEqual(b.Stride);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>The storage from the first to the last element of a view that is not contiguous.</summary>
    private float[] Span(SafetensorsEntry entry, TorchTensor tensor)
    {
        if (tensor.Span > Array.MaxLength)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}' {entry.ShapeText}: its {tensor.Span} scattered elements do not "
                + "fit into one array. Save the model with contiguous tensors.");
        }

        var values = new float[tensor.Span];
        ReadStorage(tensor.Storage, tensor.Offset, values);
        return values;
    }

    private static void Gather(TorchTensor tensor, float[] values, long first, Span<float> destination)
    {
        // The index of the first element, then counting up like an odometer.
        var rank = tensor.Shape.Length;
        Span<long> index = stackalloc long[rank];
        long rest = first, at = 0;
        for (var i = rank - 1; i >= 0; i--)
        {
            (rest, index[i]) = Math.DivRem(rest, tensor.Shape[i]);
            at += index[i] * tensor.Stride[i];
        }

        for (var k = 0; k < destination.Length; k++)
        {
            destination[k] = values[at];
            for (var i = rank - 1; i >= 0; i--)
            {
                at += tensor.Stride[i];
                if (++index[i] < tensor.Shape[i])
                {
                    break;
                }

                at -= index[i] * tensor.Stride[i];
                index[i] = 0;
            }
        }
    }

    private void ReadStorage(TorchStorage storage, long first, Span<float> destination)
    {
        var elementBytes = storage.ElementBytes;
        var position = storage.Position + first * elementBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (!destination.IsEmpty)
            {
                var count = Math.Min(destination.Length, ChunkBytes / elementBytes);
                var bytes = buffer.AsSpan(0, count * elementBytes);
                FileBytes.ReadExactly(Path, _handle, bytes, position);
                FloatFormats.Decode(storage.DType, bytes, destination[..count]);
                destination = destination[count..];
                position += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
