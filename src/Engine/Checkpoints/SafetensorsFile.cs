using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// An open safetensors file. Opening reads and checks the header; data is read on demand, so a file of any
/// size costs its header and one buffer. Reading is safe from several threads.
/// </summary>
public sealed class SafetensorsFile : ITensorFile
{
    private const int ChunkBytes = 1 << 20;

    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly List<SafetensorsEntry> _entries;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        _handle = handle;
        _dataStart = dataStart;
        _entries = header.Entries;
        Metadata = header.Metadata;
        _byName = _entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _entries;

    /// <summary>"__metadata__".</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="SafetensorsException">A check fails; the text names it and the tensor.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            var length = RandomAccess.GetLength(handle);
            if (length < 8)
            {
                throw new SafetensorsException(
                    SafetensorsCheck.FileSize,
                    $"{path}: expected at least 8 bytes, got {length}. The file is empty or cut off.");
            }

            Span<byte> prefix = stackalloc byte[8];
            ReadExactly(path, handle, prefix, 0);
            var headerBytes = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerBytes > SafetensorsHeader.MaxHeaderBytes || headerBytes > (ulong)(length - 8))
            {
                throw new SafetensorsException(
                    SafetensorsCheck.HeaderLength,
                    $"{path}: header of {headerBytes} bytes: expected at most "
                    + $"{SafetensorsHeader.MaxHeaderBytes} and at most the "
                    + $"{length - 8} bytes that follow. This is not a safetensors file, or it is cut off.");
            }

            var header = new byte[(int)headerBytes];
            ReadExactly(path, handle, header, 8);
            var dataStart = 8 + (long)headerBytes;
            var parsed = SafetensorsHeader.Parse(path, header, length - dataStart);
            return new SafetensorsFile(path, handle, dataStart, parsed);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Finds a tensor by its name in the file.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out SafetensorsEntry? entry) =>
        _byName.TryGetValue(name, out entry);

    /// <summary>Reads elements of a floating tensor, widened or narrowed to f32.</summary>
    /// <param name="entry">Tensor of type F64, F32, F16 or BF16.</param>
    /// <param name="firstElement">Where to begin.</param>
    /// <param name="destination">As many elements as wanted. Overwritten.</param>
    /// <exception cref="CheckpointException">Another type, or the range is outside the tensor.</exception>
    public void ReadFloats(SafetensorsEntry entry, long firstElement, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var elementBytes = SafetensorsTypes.IsFloat(entry.DType)
            ? FloatFormats.SizeBytes(entry.DType)
            : throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': expected F64, F32, F16 or BF16 values, got {entry.DType}.");
        if (firstElement < 0 || firstElement > entry.SizeBytes / elementBytes - destination.Length)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': elements "
                + $"{firstElement}..{firstElement + destination.Length}: "
                + $"expected inside {entry.ShapeText}.");
        }

        var position = _dataStart + entry.Begin + firstElement * elementBytes;
        if (entry.DType == "F32")
        {
            ReadExactly(Path, _handle, MemoryMarshal.AsBytes(destination), position);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            while (!destination.IsEmpty)
            {
                var count = Math.Min(destination.Length, ChunkBytes / elementBytes);
                var bytes = buffer.AsSpan(0, count * elementBytes);
                ReadExactly(Path, _handle, bytes, position);
                FloatFormats.Decode(entry.DType, bytes, destination[..count]);
                destination = destination[count..];
                position += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a whole floating tensor as f32.</summary>
    /// <exception cref="CheckpointException">Another type, or more elements than an array holds.</exception>
    public float[] ReadFloats(SafetensorsEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.ElementCount > Array.MaxLength)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}' {entry.ShapeText} does not fit into one array.");
        }

        var values = new float[entry.ElementCount];
        ReadFloats(entry, 0, values);
        return values;
    }

    /// <summary>Reads the bytes of a tensor from its first on.</summary>
    /// <param name="entry">Any tensor.</param>
    /// <param name="destination">At most the tensor's size. Overwritten.</param>
    /// <exception cref="CheckpointException">
    /// <paramref name="destination"/> is longer than the tensor.
    /// </exception>
    public void ReadBytes(SafetensorsEntry entry, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (destination.Length > entry.SizeBytes)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}': asked for {destination.Length} bytes, it has "
                + $"{entry.SizeBytes}.");
        }

        ReadExactly(Path, _handle, destination, _dataStart + entry.Begin);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static void ReadExactly(string path, SafeFileHandle handle, Span<byte> destination, long position)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
            {
                throw new CheckpointException(
                    $"{path}: the file ends at byte {position}: it was cut off while it was read.");
            }

            destination = destination[read..];
            position += read;
        }
    }
}
