using System.Buffers;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>Gives elements of a tensor to be written.</summary>
/// <param name="firstElement">Where to begin.</param>
/// <param name="destination">Overwritten.</param>
public delegate void FloatSource(long firstElement, Span<float> destination);

/// <summary>One tensor to be written.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="DType">Element type in the file.</param>
/// <param name="Shape">Dimensions; empty for a scalar.</param>
/// <param name="WriteTo">Writes exactly the tensor's bytes, little-endian and row-major.</param>
public sealed record SafetensorsTensor(
    string Name, string DType, IReadOnlyList<long> Shape, Action<Stream> WriteTo)
{
    private const int ChunkElements = 1 << 18;

    /// <summary>A tensor whose f32 values are asked for piece by piece, in order.</summary>
    /// <param name="name">Name in the file.</param>
    /// <param name="dtype">"F64", "F32", "F16" or "BF16".</param>
    /// <param name="shape">Dimensions.</param>
    /// <param name="source">Values.</param>
    /// <exception cref="CheckpointException">Another type.</exception>
    public static SafetensorsTensor FromFloats(
        string name, string dtype, IReadOnlyList<long> shape, FloatSource source)
    {
        var elementBytes = FloatFormats.SizeBytes(dtype);
        var count = new SafetensorsEntry(name, dtype, shape, 0, 0).ElementCount;
        return new SafetensorsTensor(name, dtype, shape, stream =>
        {
            var chunk = (int)Math.Min(count, ChunkElements);
            var floats = ArrayPool<float>.Shared.Rent(chunk);
            var bytes = ArrayPool<byte>.Shared.Rent(chunk * elementBytes);
            for (long first = 0; first < count; first += chunk)
            {
                var values = floats.AsSpan(0, (int)Math.Min(chunk, count - first));
                source(first, values);
                FloatFormats.Encode(dtype, values, bytes);
                stream.Write(bytes, 0, values.Length * elementBytes);
            }

            ArrayPool<float>.Shared.Return(floats);
            ArrayPool<byte>.Shared.Return(bytes);
        });
    }

    /// <summary>A tensor with values in host memory.</summary>
    /// <inheritdoc cref="FromFloats(string, string, IReadOnlyList{long}, FloatSource)" path="/exception"/>
    public static SafetensorsTensor FromFloats(
        string name, string dtype, IReadOnlyList<long> shape, ReadOnlyMemory<float> values) =>
        FromFloats(name, dtype, shape,
            (first, destination) => values.Span.Slice((int)first, destination.Length).CopyTo(destination));

    /// <summary>An f32 tensor of a device, read when the file is written.</summary>
    /// <inheritdoc cref="FromFloats(string, string, IReadOnlyList{long}, FloatSource)" path="/exception"/>
    public static SafetensorsTensor FromTensor(string name, Tensor tensor, string dtype = "F32")
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = new long[tensor.Shape.Rank];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = tensor.Shape[i];
        }

        var flat = tensor.View(tensor.Count);
        return FromFloats(name, dtype, shape,
            (first, destination) => flat.Slice(first, destination.Length).ReadToHost(destination));
    }
}
