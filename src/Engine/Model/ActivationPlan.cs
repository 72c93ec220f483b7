using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>One activation buffer of a pass.</summary>
/// <param name="Name">As in "qkv".</param>
/// <param name="Layer">Block, or -1 for a buffer that all blocks share.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Offset">First byte inside the pass's memory, a multiple of 256.</param>
public sealed record ActivationBuffer(string Name, int Layer, DType DType, Shape Shape, long Offset);

/// <summary>
/// Every buffer of a forward (and backward) pass with its place: a pure function of the model and the batch. What the plan says
/// is what is allocated.
/// </summary>
public sealed class ActivationPlan
{
    private const long Alignment = 256;

    /// <summary>Logits are computed in chunks of rows of about this many elements.</summary>
    private const long LogitElements = 64L << 20;

    private readonly List<ActivationBuffer> _buffers = [];

    private ActivationPlan(DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute)
    {
        (Config, B, T, Training, Recompute) = (config, batch, sequenceLength, training, recompute);
    }

    /// <summary>The model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Sequences.</summary>
    public int B { get; }

    /// <summary>Tokens per sequence.</summary>
    public int T { get; }

    /// <summary>B T.</summary>
    public long N => (long)B * T;

    /// <summary>The pass has a backward pass.</summary>
    public bool Training { get; }

    /// <summary>What is recomputed.</summary>
    public Recompute Recompute { get; }

    /// <summary>The buffers.</summary>
    public IReadOnlyList<ActivationBuffer> Buffers => _buffers;

    /// <summary>Size of the memory that holds them all.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Rows of the logits buffer.</summary>
    public int LogitRows => (int)Math.Min(N, Math.Max(64, LogitElements / Config.VocabSize));

    /// <summary>Plans a pass over (batch, sequenceLength) tokens.</summary>
    /// <exception cref="ModelException">The sizes do not fit the model.</exception>
    public static ActivationPlan For(
        DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute = Recompute.None)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        if (batch < 1 || sequenceLength < 1 || sequenceLength > config.MaxPositions)
        {
            throw new ModelException(
                $"Activation plan: expected a batch of at least 1 and a sequence length from 1 to the model's "
                + $"{config.MaxPositions} positions, got {batch} x {sequenceLength}.");
        }

        var plan = new ActivationPlan(config, batch, sequenceLength, training, recompute);
        plan.AddBuffers();
        return plan;
    }

    private void AddBuffers()
    {
        var (n, c, f) = (N, Config.Hidden, Config.F);
        var (context, qkv) = ((long)Config.Heads * Config.HS, (long)(Config.Heads + 2 * Config.NKV) * Config.HS);
        var up = Config.GatedMlp ? 2L * f : f;
        var keepBlock = Training && Recompute != Recompute.Block;
        var keepCheap = Training && Recompute == Recompute.None;
        var isLayerNorm = Config.Norm == NormKind.LayerNorm;
        Add("tokens", DType.I32, n);
        Add("targets", DType.I32, n);
        AddLayers("residual", Training, n, c);
        AddLayers("norm1", keepCheap, n, c);
        AddLayers("rstd1", keepBlock, n);
        AddLayers("qkv", keepBlock, n, qkv);
        AddLayers("context", keepBlock, n, context);
        AddLayers("logSumExp", keepBlock, n * Config.Heads);
        if (Config.Residual == ResidualKind.Sequential)
        {
            AddLayers("residualMid", keepBlock, n, c);
        }

        AddLayers("norm2", keepCheap, n, c);
        AddLayers("rstd2", keepBlock, n);
        AddLayers("up", keepBlock, n, up);
        AddLayers("act", keepCheap, n, f);
        if (isLayerNorm)
        {
            AddLayers("mean1", keepBlock, n);
            AddLayers("mean2", keepBlock, n);
            Add("meanFinal", DType.F32, n);
        }

        Add("delta", DType.F32, n, c);
        Add("residualFinal", DType.F32, n, c);
        Add("rstdFinal", DType.F32, n);
        Add("hidden", DType.F32, n, c);
        Add("logits", DType.F32, LogitRows, Config.VocabSize);
        Add("losses", DType.F32, n);
        Add("loss", DType.F32, 1);
        if (Training)
        {
            Add("dResidual", DType.F32, n, c);
            Add("dNorm", DType.F32, n, c);
            Add("dContext", DType.F32, n, context);
            Add("dQkv", DType.F32, n, qkv);
            Add("dUp", DType.F32, n, up);
            if (Config.GatedMlp)
            {
                Add("dAct", DType.F32, n, f);
            }
        }

        if (Config.Residual == ResidualKind.Parallel)
        {
            Add("delta2", DType.F32, n, c);
            if (Training)
            {
                Add("dNorm2", DType.F32, n, c);
            }
        }
    }

    private void AddLayers(string name, bool perLayer, params ReadOnlySpan<long> dimensions)
    {
        if (!perLayer)
        {
            Add(name, DType.F32, dimensions);
            return;
        }

        for (var layer = 0; layer < Config.Layers; layer++)
        {
            Add(name, layer, DType.F32, dimensions);
        }
    }

    private void Add(string name, DType dtype, params ReadOnlySpan<long> dimensions) => Add(name, -1, dtype, dimensions);

    private void Add(string name, int layer, DType dtype, ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        _buffers.Add(new ActivationBuffer(name, layer, dtype, shape, TotalBytes));
        var sizeBytes = checked(shape.Count * dtype.SizeBytes());
        TotalBytes = checked((TotalBytes + sizeBytes + Alignment - 1) / Alignment * Alignment);
    }
}
