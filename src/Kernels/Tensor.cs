using System.Runtime.InteropServices;

namespace Inheritune.Kernels;

/// <summary>
/// A dense row-major array in the memory of one device: an address, a shape and an element type. Views share memory;
/// the <see cref="DeviceMemory"/> decides when it is freed.
/// </summary>
public sealed class Tensor
{
    private const int ChunkElements = 8192;

    /// <summary>A tensor over part of <paramref name="memory"/>.</summary>
    /// <param name="memory">Owner of the bytes.</param>
    /// <param name="byteOffset">First byte, a multiple of the element size.</param>
    /// <param name="shape">Dimensions; the whole tensor lies inside the memory.</param>
    /// <param name="dtype">Element type.</param>
    /// <exception cref="ShapeException">The tensor does not fit into the memory.</exception>
    public Tensor(DeviceMemory memory, long byteOffset, Shape shape, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(memory);
        var sizeBytes = checked(shape.Count * dtype.SizeBytes());
        if (byteOffset < 0 || byteOffset % dtype.SizeBytes() != 0 || byteOffset > memory.SizeBytes - sizeBytes)
        {
            throw new ShapeException(
                $"Tensor: {dtype} {shape} at byte {byteOffset}: expected to lie inside {memory.SizeBytes} bytes.");
        }

        Memory = memory;
        ByteOffset = byteOffset;
        Shape = shape;
        DType = dtype;
    }

    /// <summary>Owner of the bytes.</summary>
    public DeviceMemory Memory { get; }

    /// <summary>First byte inside <see cref="Memory"/>.</summary>
    public long ByteOffset { get; }

    /// <summary>Dimensions.</summary>
    public Shape Shape { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>The device that holds the tensor.</summary>
    public Device Device => Memory.Device;

    /// <summary>Number of elements.</summary>
    public long Count => Shape.Count;

    /// <summary>Size in bytes.</summary>
    public long SizeBytes => Shape.Count * DType.SizeBytes();

    /// <summary>Device address of the first element.</summary>
    internal nint Address => Memory.Address + (nint)ByteOffset;

    /// <summary>Rows <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/> of the first dimension.</summary>
    public Tensor Slice(long start, long count)
    {
        if (start < 0 || count < 0 || start > Shape[0] - count)
        {
            throw new ShapeException($"Slice: rows {start}..{start + count}: expected inside {Shape}.");
        }

        var rowElements = Shape[0] == 0 ? 0 : Count / Shape[0];
        Span<long> dimensions = stackalloc long[Shape.Rank];
        dimensions[0] = count;
        for (var i = 1; i < dimensions.Length; i++)
        {
            dimensions[i] = Shape[i];
        }

        return new Tensor(Memory, ByteOffset + start * rowElements * DType.SizeBytes(), new Shape(dimensions), DType);
    }

    /// <summary>The first elements of this tensor, seen with another shape of at most the same count.</summary>
    public Tensor View(params ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        return shape.Count <= Count
            ? new Tensor(Memory, ByteOffset, shape, DType)
            : throw new ShapeException($"View: expected at most {Count} elements as in {Shape}, got {shape}.");
    }

    /// <summary>
    /// Copies host data of exactly this tensor's size in; enqueued, the source may be reused at once. f32 data is rounded
    /// for a bf16 tensor (nearest, ties to even, NaN stays NaN).
    /// </summary>
    public void Upload<TElement>(ReadOnlySpan<TElement> source)
        where TElement : unmanaged
    {
        if (typeof(TElement) == typeof(float) && DType == DType.BF16)
        {
            UploadRounded(MemoryMarshal.Cast<TElement, float>(source));
            return;
        }

        var bytes = MemoryMarshal.AsBytes(source);
        RequireSize(nameof(Upload), bytes.Length);
        Device.Upload(Memory, ByteOffset, bytes);
    }

    /// <summary>Waits for the device and copies the tensor out; bf16 values may be read as f32.</summary>
    public void ReadToHost<TElement>(Span<TElement> destination)
        where TElement : unmanaged
    {
        if (typeof(TElement) == typeof(float) && DType == DType.BF16)
        {
            ReadWidened(MemoryMarshal.Cast<TElement, float>(destination));
            return;
        }

        var bytes = MemoryMarshal.AsBytes(destination);
        RequireSize(nameof(ReadToHost), bytes.Length);
        Device.ReadToHost(bytes, Memory, ByteOffset);
    }

    /// <summary>Waits for the device and returns a copy of an f32 or bf16 tensor.</summary>
    public float[] ToArray()
    {
        var values = new float[Count];
        ReadToHost<float>(values);
        return values;
    }

    /// <summary>As in "F32 (8192, 768) on cpu".</summary>
    public override string ToString() => $"{DType} {Shape} on {Device.Name}";

    private void UploadRounded(ReadOnlySpan<float> source)
    {
        RequireSize(nameof(Upload), 2L * source.Length);
        Span<ushort> buffer = stackalloc ushort[ChunkElements];
        for (var first = 0; first < source.Length; first += ChunkElements)
        {
            var part = source.Slice(first, Math.Min(ChunkElements, source.Length - first));
            BFloat16.Narrow(buffer, part);
            Device.Upload(Memory, ByteOffset + 2L * first, MemoryMarshal.AsBytes(buffer[..part.Length]));
        }
    }

    private void ReadWidened(Span<float> destination)
    {
        RequireSize(nameof(ReadToHost), 2L * destination.Length);
        Span<ushort> buffer = stackalloc ushort[ChunkElements];
        for (var first = 0; first < destination.Length; first += ChunkElements)
        {
            var part = destination.Slice(first, Math.Min(ChunkElements, destination.Length - first));
            Device.ReadToHost(MemoryMarshal.AsBytes(buffer[..part.Length]), Memory, ByteOffset + 2L * first);
            BFloat16.Widen(part, buffer);
        }
    }

    private void RequireSize(string operation, long sizeBytes)
    {
        if (sizeBytes != SizeBytes)
        {
            throw new ShapeException($"{operation}: host buffer: expected {SizeBytes} bytes for {this}, got {sizeBytes}.");
        }
    }
}
