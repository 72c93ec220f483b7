namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// An open file of named tensors, whatever its format. Opening checks the directory; values are read on
/// demand, so a file of any size costs its directory and one buffer.
/// </summary>
internal interface ITensorFile : IDisposable
{
    /// <summary>Where the file lies.</summary>
    string Path { get; }

    /// <summary>The tensors.</summary>
    IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Reads elements of a floating tensor in row-major order, widened or narrowed to f32.</summary>
    /// <param name="entry">Tensor of type F64, F32, F16 or BF16.</param>
    /// <param name="firstElement">Where to begin.</param>
    /// <param name="destination">As many elements as wanted. Overwritten.</param>
    /// <exception cref="CheckpointException">Another type, or the range is outside the tensor.</exception>
    void ReadFloats(SafetensorsEntry entry, long firstElement, Span<float> destination);

    /// <summary>Reads a whole floating tensor as f32.</summary>
    /// <exception cref="CheckpointException">Another type, or more elements than an array holds.</exception>
    float[] ReadFloats(SafetensorsEntry entry)
    {
        if (entry.ElementCount > Array.MaxLength)
        {
            throw new CheckpointException(
                $"{Path}: tensor '{entry.Name}' {entry.ShapeText} does not fit into one array.");
        }

        var values = new float[entry.ElementCount];
        ReadFloats(entry, 0, values);
        return values;
    }

    /// <summary>Reads the bytes of a tensor as they are stored, from its first on.</summary>
    /// <param name="entry">Any tensor whose elements follow one another.</param>
    /// <param name="destination">At most the tensor's size. Overwritten.</param>
    /// <exception cref="CheckpointException">It has fewer bytes, or they are scattered.</exception>
    void ReadBytes(SafetensorsEntry entry, Span<byte> destination);

    /// <summary>
    /// Refuses a tensor that has more elements than the file stores for it: a view that repeats elements.
    /// </summary>
    /// <exception cref="CheckpointException">It is such a view.</exception>
    void RequireStored(SafetensorsEntry entry)
    {
    }

    /// <summary>Whether two tensors are the same bytes of the file, as a tied matrix may be.</summary>
    bool AreSame(SafetensorsEntry left, SafetensorsEntry right) => ReferenceEquals(left, right);
}
