using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The bridge between tensors of model files and canonical parameters. It serves weights, gradients and
/// optimizer moments alike: any <see cref="ParameterSet"/> can be seen in the orientation of the file.
/// </summary>
public static class CanonicalTensors
{
    private const int TileSide = 32;

    /// <summary>
    /// The tensors of a complete file of this configuration, with base prefix, in model order.
    /// </summary>
    /// <exception cref="UnknownModelTypeException">The configuration's family has no adapter.</exception>
    public static IReadOnlyList<FileTensor> For(DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return [.. ModelFamilies.Get(config.Family, "Tensors").Tensors(config)];
    }

    /// <summary>Finds a tensor by its name in a file, with or without base prefix.</summary>
    public static bool TryFind(DecoderConfig config, string name, [NotNullWhen(true)] out FileTensor? tensor)
    {
        ArgumentNullException.ThrowIfNull(config);
        var prefix = ModelFamilies.Get(config.Family, "Tensors").Prefix;
        tensor = For(config).FirstOrDefault(candidate => candidate.Name == name || candidate.Name == prefix + name);
        return tensor is not null;
    }

    /// <summary>Reads a tensor of the file out of a parameter set; waits for the device.</summary>
    /// <param name="set">Weights, gradients or moments.</param>
    /// <param name="tensor">Which tensor.</param>
    /// <param name="destination">
    /// Exactly the tensor's elements, in the orientation of the file. Overwritten.
    /// </param>
    public static void ReadInFileOrientation(ParameterSet set, FileTensor tensor, Span<float> destination)
    {
        var source = Rows(set, tensor, destination.Length);
        if (tensor.IsPlain)
        {
            source.ReadToHost(destination);
            return;
        }

        var values = ArrayPool<float>.Shared.Rent(destination.Length);
        source.ReadToHost(values.AsSpan(0, destination.Length));
        if (tensor.IsTransposed)
        {
            Transpose(destination, values, tensor.RowCount, tensor.RowLength);
        }
        else
        {
            for (long row = 0; row < tensor.RowCount; row++)
            {
                Row(values, tensor, tensor.CanonicalRow(row)).CopyTo(Row(destination, tensor, row));
            }
        }

        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>
    /// Reads a tensor of the file out of a parameter set into a new array; waits for the device.
    /// </summary>
    public static float[] ReadInFileOrientation(ParameterSet set, FileTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new float[tensor.Shape.Count];
        ReadInFileOrientation(set, tensor, values);
        return values;
    }

    /// <summary>Writes a tensor of the file into a parameter set.</summary>
    /// <param name="set">Weights, gradients or moments; the tensor's rows are overwritten.</param>
    /// <param name="tensor">Which tensor.</param>
    /// <param name="source">Exactly the tensor's elements, in the orientation of the file.</param>
    public static void WriteFromFileOrientation(
        ParameterSet set, FileTensor tensor, ReadOnlySpan<float> source)
    {
        var rows = Rows(set, tensor, source.Length);
        if (tensor.IsPlain)
        {
            rows.Upload(source);
            return;
        }

        var values = ArrayPool<float>.Shared.Rent(source.Length);
        Arrange(values.AsSpan(0, source.Length), source, tensor);
        rows.Upload<float>(values.AsSpan(0, source.Length));
        ArrayPool<float>.Shared.Return(values);
    }

    /// <summary>A tensor to be written to a file, streamed from a parameter set.</summary>
    /// <param name="set">Weights, gradients or moments, read when the file is written.</param>
    /// <param name="tensor">Which tensor.</param>
    /// <param name="dtype">"F32", "BF16", "F16" or "F64".</param>
    /// <param name="name">Name in the file; null for the tensor's own.</param>
    public static SafetensorsTensor ToWrite(
        ParameterSet set, FileTensor tensor, string dtype, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = new long[tensor.Shape.Rank];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = tensor.Shape[i];
        }

        if (tensor.IsPlain)
        {
            var rows = Rows(set, tensor, tensor.Shape.Count);
            return SafetensorsTensor.FromFloats(name ?? tensor.Name, dtype, shape,
                (first, destination) => rows.Slice(first, destination.Length).ReadToHost(destination));
        }

        float[]? values = null;
        return SafetensorsTensor.FromFloats(name ?? tensor.Name, dtype, shape, (first, destination) =>
        {
            values ??= ReadInFileOrientation(set, tensor);
            values.AsSpan((int)first, destination.Length).CopyTo(destination);
            values = first + destination.Length == values.Length ? null : values;
        });
    }

    /// <summary>
    /// Fills a tensor of a parameter set from a file, piece by piece where the orientation allows.
    /// </summary>
    internal static void Load(
        ParameterSet set, FileTensor tensor, ITensorFile file, SafetensorsEntry entry)
    {
        const int ChunkElements = 1 << 20;
        var count = tensor.Shape.Count;
        if (!tensor.IsPlain)
        {
            WriteFromFileOrientation(set, tensor, file.ReadFloats(entry));
            return;
        }

        var rows = Rows(set, tensor, count);
        var buffer = ArrayPool<float>.Shared.Rent((int)Math.Min(count, ChunkElements));
        for (long first = 0; first < count; first += ChunkElements)
        {
            var values = buffer.AsSpan(0, (int)Math.Min(ChunkElements, count - first));
            file.ReadFloats(entry, first, values);
            rows.Slice(first, values.Length).Upload<float>(values);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Values of a tensor in canonical order.</summary>
    internal static float[] FromFileOrientation(FileTensor tensor, float[] source)
    {
        if (tensor.IsPlain)
        {
            return source;
        }

        var values = new float[source.Length];
        Arrange(values, source, tensor);
        return values;
    }

    /// <summary>canonical = file, of a tensor that a file arranges in its own way.</summary>
    private static void Arrange(Span<float> canonical, ReadOnlySpan<float> source, FileTensor tensor)
    {
        if (tensor.IsTransposed)
        {
            Transpose(canonical, source, tensor.RowLength, tensor.RowCount);
            return;
        }

        for (long row = 0; row < tensor.RowCount; row++)
        {
            Row(source, tensor, row).CopyTo(Row(canonical, tensor, tensor.CanonicalRow(row)));
        }
    }

    /// <summary>The rows of the tensor inside its parameter, as one flat tensor.</summary>
    private static Tensor Rows(ParameterSet set, FileTensor tensor, long count)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(tensor);
        if (count != tensor.Shape.Count)
        {
            throw new ShapeException(
                $"{tensor.Name}: expected {tensor.Shape.Count} elements for {tensor.Shape}, got {count}.");
        }

        var parameter = set[tensor.Parameter];
        return parameter.View(parameter.Count).Slice(tensor.FirstElement, count);
    }

    private static ReadOnlySpan<float> Row(ReadOnlySpan<float> values, FileTensor tensor, long row) =>
        values.Slice((int)(row * tensor.RowLength), (int)tensor.RowLength);

    private static Span<float> Row(Span<float> values, FileTensor tensor, long row) =>
        values.Slice((int)(row * tensor.RowLength), (int)tensor.RowLength);

    /// <summary>output (columns, rows) = inputᵀ of input (rows, columns), tile by tile.</summary>
    internal static void Transpose(
        Span<float> output, ReadOnlySpan<float> input, long rowCount, long columnCount)
    {
        int rows = (int)rowCount, columns = (int)columnCount;
        for (var r0 = 0; r0 < rows; r0 += TileSide)
        {
            var r1 = Math.Min(r0 + TileSide, rows);
            for (var c0 = 0; c0 < columns; c0 += TileSide)
            {
                var c1 = Math.Min(c0 + TileSide, columns);
                for (var c = c0; c < c1; c++)
                {
                    for (var r = r0; r < r1; r++)
                    {
                        output[c * rows + r] = input[r * columns + c];
                    }
                }
            }
        }
    }
}
