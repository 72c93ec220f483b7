using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// The values of a model on disk, tensor by tensor in the orientation that another file wants. At most one
/// tensor is in memory, and only where the orientations differ.
/// </summary>
internal sealed class ModelStream(ModelSource source)
{
    private readonly Dictionary<FileTensor, (FileTensor Tensor, ITensorFile File, SafetensorsEntry Entry)> _tensors =
        source.Tensors.ToDictionary(match => Place(match.Tensor));

    /// <summary>The values of a tensor, asked for in order from the first to the last.</summary>
    /// <exception cref="CheckpointException">The source has the values in another arrangement.</exception>
    public FloatSource Values(FileTensor target)
    {
        if (!_tensors.TryGetValue(Place(target), out var found))
        {
            return source.Tensors.Any(match => match.Tensor.Parameter == target.Parameter)
                ? throw new CheckpointException(
                    $"Convert: tensor '{target.Name}': the file has its rows in another arrangement.")
                // A model without biases is one whose biases are 0.
                : (_, destination) => destination.Clear();
        }

        if (found.Tensor.IsTransposed == target.IsTransposed)
        {
            return (first, destination) => found.File.ReadFloats(found.Entry, first, destination);
        }

        float[]? values = null;
        return (first, destination) =>
        {
            values ??= Transposed(found.File, found.Entry);
            values.AsSpan((int)first, destination.Length).CopyTo(destination);
            values = first + destination.Length == values.Length ? null : values;
        };
    }

    /// <summary>What a tensor is, apart from its name and orientation in a file.</summary>
    private static FileTensor Place(FileTensor tensor) => tensor with
    {
        Name = "",
        Shape = new Kernels.Shape(tensor.Shape.Count),
        IsTransposed = false,
    };

    private static float[] Transposed(ITensorFile file, SafetensorsEntry entry)
    {
        var values = file.ReadFloats(entry);
        var result = new float[values.Length];
        CanonicalTensors.Transpose(result, values, entry.Shape[0], entry.Shape[1]);
        return result;
    }
}
