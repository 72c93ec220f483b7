using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// One number per parameter on a device: weights, gradients or a moment. One flat arena; the padding between
/// parameters is 0
/// and stays 0.
/// </summary>
public sealed class ParameterSet : IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Allocates the arena and fills it with 0.</summary>
    /// <param name="device">Where it lies.</param>
    /// <param name="table">What it holds.</param>
    /// <param name="dtype">F32 or BF16.</param>
    /// <exception cref="DeviceException">Out of memory.</exception>
    public ParameterSet(Device device, ParameterTable table, DType dtype = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(table);
        Table = table;
        Flat = device.AllocateTensor(dtype, table.ArenaElements);
        foreach (var parameter in table)
        {
            _tensors.Add(
                parameter.Name, new Tensor(Flat.Memory, parameter.Offset * dtype.SizeBytes(), parameter.Shape, dtype));
        }

        var head = Find("head.weight") ?? this["wte"];
        PaddedHead = new Tensor(
            Flat.Memory, head.ByteOffset, new Shape(table.Config.PaddedVocabulary, head.Shape.Columns), dtype);
        Clear();
    }

    /// <summary>What lies where.</summary>
    public ParameterTable Table { get; }

    /// <summary>The whole arena, (ArenaElements).</summary>
    public Tensor Flat { get; }

    /// <summary>The tensor of a parameter.</summary>
    public Tensor this[string name] => _tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new KeyNotFoundException($"ParameterSet: '{name}': the model has no such parameter.");

    /// <summary>The tensor of a parameter.</summary>
    public Tensor this[Parameter parameter]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(parameter);
            return this[parameter.Name];
        }
    }

    /// <summary>The tensor of a parameter, or null if the model has none of that name.</summary>
    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>The matrix of the head, (PaddedVocabulary, E): rows behind V are 0.</summary>
    public Tensor PaddedHead { get; }

    /// <summary>The part of the arena that <paramref name="segment"/> covers.</summary>
    public Tensor Segment(ParameterSegment segment) => Flat.Slice(segment.Offset, segment.Count);

    /// <summary>Sets everything to 0.</summary>
    public void Clear() => Flat.Device.Ops.Fill(Flat, 0f);

    /// <inheritdoc/>
    public void Dispose() => Flat.Memory.Dispose();
}
