using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>Keys and values of the positions that sequences have passed, block by block.</summary>
internal sealed class DecoderCache : IDisposable
{
    private readonly int[] _lengths;
    private readonly int[] _begins;
    private readonly List<DeviceMemory> _memory = [];

    /// <summary>Allocates room.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="batch">B, sequences.</param>
    /// <param name="capacity">Positions per sequence.</param>
    /// <param name="dtype">Element type of the activations.</param>
    public DecoderCache(Decoder model, int batch, int capacity, DType dtype)
    {
        var config = model.Config;
        Capacity = capacity;
        (_lengths, _begins) = (new int[batch], new int[batch]);
        Past = Allocate(model.Device, DType.I32, batch);
        Layers = new Tensor[config.Layers];
        for (var i = 0; i < Layers.Length; i++)
        {
            Layers[i] = Allocate(model.Device, dtype, batch, capacity, 2L * config.NKV * config.HS);
        }

        if (config.Position == PositionKind.Rotary)
        {
            Rope = Allocate(model.Device, DType.F32, capacity, config.R);
            Rope.Upload<float>(RopeTable.Build(config, capacity));
        }
    }

    /// <summary>Positions per sequence.</summary>
    public int Capacity { get; }

    /// <summary>Rows k | v of each block, (B, capacity, 2 NKV HS).</summary>
    public Tensor[] Layers { get; }

    /// <summary>Positions that a pass begins at, (B) i32.</summary>
    public Tensor Past { get; }

    /// <summary>Cosines and sines of all positions, (capacity, r).</summary>
    public Tensor? Rope { get; }

    /// <summary>Positions of a sequence in the cache.</summary>
    public int Length(int sequence) => _lengths[sequence];

    /// <summary>Position that the next pass begins at.</summary>
    public int Begin(int sequence) => _begins[sequence];

    /// <summary>Forgets everything.</summary>
    public void Clear() => Array.Clear(_lengths);

    /// <summary>Sets where a pass of <paramref name="newPositions"/> begins in each sequence.</summary>
    public void BeginPass(int newPositions)
    {
        for (var b = 0; b < _begins.Length; b++)
        {
            // A full sequence is over: what is computed for it lands in its last rows and is not looked at.
            _begins[b] = Math.Min(_lengths[b], Capacity - newPositions);
        }

        Past.Upload<int>(_begins);
    }

    /// <summary>Counts positions that a pass has added to a sequence.</summary>
    public void Add(int sequence, int count) => _lengths[sequence] += count;

    /// <inheritdoc/>
    public void Dispose() => _memory.ForEach(memory => memory.Dispose());

    private Tensor Allocate(Device device, DType dtype, params ReadOnlySpan<long> dimensions)
    {
        var tensor = device.AllocateTensor(dtype, dimensions);
        _memory.Add(tensor.Memory);
        return tensor;
    }
}
