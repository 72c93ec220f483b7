using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

/// <summary>
/// A model that stays in its files: its configuration, and single parameters on demand. What is read of it is all the
/// memory it takes, so blocks of a model can be had that would not fit as a whole.
/// </summary>
public sealed class ModelOnDisk : IDisposable
{
    private const int ChunkElements = 1 << 20;

    private readonly ModelSource _source;
    private readonly ILookup<string, (FileTensor Tensor, ITensorFile File, SafetensorsEntry Entry)> _parts;

    private ModelOnDisk(ModelSource source)
    {
        _source = source;
        Table = ParameterTable.For(source.Config);
        _parts = source.Tensors.ToLookup(part => part.Tensor.Parameter, StringComparer.Ordinal);
    }

    /// <summary>The model.</summary>
    public DecoderConfig Config => _source.Config;

    /// <summary>Its parameters.</summary>
    public ParameterTable Table { get; }

    /// <summary>Opens a model as <see cref="ModelFolder.Load"/> does, and checks the same.</summary>
    /// <exception cref="CheckpointException">
    /// A file is missing or damaged; tensors are missing, left over, or of another shape or type.
    /// </exception>
    public static ModelOnDisk Open(string path, ModelLoadOptions? options = null) =>
        new(ModelSource.Open(path, options ?? new ModelLoadOptions()));

    /// <summary>Reads a parameter into one of the same shape, of any name.</summary>
    /// <param name="name">Canonical name in this model.</param>
    /// <param name="target">Weights of another model.</param>
    /// <param name="targetName">Canonical name there. Overwritten.</param>
    public void Read(string name, ParameterSet target, string targetName)
    {
        foreach (var (tensor, file, entry) in _parts[name])
        {
            CanonicalTensors.Load(target, tensor with { Parameter = targetName }, file, entry);
        }
    }

    /// <summary>Hands the values of a parameter on in canonical order, piece by piece.</summary>
    /// <param name="name">Canonical name; a parameter that the files lack, as a bias of nanoGPT, is all 0.</param>
    /// <param name="take">Receives the pieces.</param>
    public void ForEachValue(string name, Action<ReadOnlySpan<float>> take)
    {
        ArgumentNullException.ThrowIfNull(take);
        long next = 0;
        var count = Table[name].Shape.Count;
        foreach (var (tensor, file, entry) in _parts[name].OrderBy(part => part.Tensor.FirstElement))
        {
            Zeros(tensor.FirstElement - next, take);
            next = tensor.FirstElement + tensor.Shape.Count;
            if (!tensor.IsPlain)
            {
                take(CanonicalTensors.FromFileOrientation(tensor, file.ReadFloats(entry)));
                continue;
            }

            var buffer = new float[Math.Min(ChunkElements, tensor.Shape.Count)];
            for (long first = 0; first < tensor.Shape.Count; first += ChunkElements)
            {
                var values = buffer.AsSpan(0, (int)Math.Min(ChunkElements, tensor.Shape.Count - first));
                file.ReadFloats(entry, first, values);
                take(values);
            }
        }

        Zeros(count - next, take);
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private static void Zeros(long count, Action<ReadOnlySpan<float>> take)
    {
        if (count > 0)
        {
            take(new float[count]);
        }
    }
}
