using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// Every buffer of a forward (and backward) pass with its place: a pure function of the model and the batch.
/// What the plan says
/// is what is allocated.
/// </summary>
public sealed class ActivationPlan
{
    private const long Alignment = 256;

    /// <summary>Logits are computed in chunks of rows of about this many elements.</summary>
    private const long DefaultLogitElements = 64L << 20;

    private readonly List<ActivationBuffer> _buffers = [];

    private ActivationPlan(
        DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute, DType dtype,
        long logitElements)
    {
        (Config, B, T, Training, Recompute, DType) = (config, batch, sequenceLength, training, recompute, dtype);
        LogitElements = logitElements;
        LogitRows = (int)Math.Min(N, Math.Max(64, logitElements / Config.VocabSize));
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

    /// <summary>Element type of activations and their gradients; statistics of norms and losses are f32.</summary>
    public DType DType { get; }

    /// <summary>The buffers.</summary>
    public IReadOnlyList<ActivationBuffer> Buffers => _buffers;

    /// <summary>Size of the memory that holds them all.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Rows of the logits buffer.</summary>
    public int LogitRows { get; }

    /// <summary>About how many logits exist at once.</summary>
    internal long LogitElements { get; }

    /// <summary>(NH + 2 NKV) HS.</summary>
    internal long QkvColumns => (Config.Heads + 2L * Config.NKV) * Config.HS;

    /// <summary>NH HS.</summary>
    internal long ContextColumns => (long)Config.Heads * Config.HS;

    /// <summary>F, or 2F where the MLP is gated.</summary>
    internal long UpColumns => Config.GatedMlp ? 2L * Config.F : Config.F;

    /// <summary>Plans a pass over (batch, sequenceLength) tokens.</summary>
    /// <exception cref="ModelException">The sizes do not fit the model.</exception>
    public static ActivationPlan For(
        DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute = Recompute.None,
        DType dtype = DType.F32) =>
        For(config, batch, sequenceLength, training, recompute, DefaultLogitElements, dtype);

    /// <summary>The same with logits of about <paramref name="logitElements"/> elements at a time.</summary>
    internal static ActivationPlan For(
        DecoderConfig config, int batch, int sequenceLength, bool training, Recompute recompute, long logitElements,
        DType dtype = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        if (batch < 1 || sequenceLength < 1 || sequenceLength > config.MaxPositions)
        {
            throw new ModelException(
                $"Activation plan: expected a batch of at least 1 and a sequence length from 1 to the model's "
                + $"{config.MaxPositions} positions, got {batch} x {sequenceLength}.");
        }

        var plan = new ActivationPlan(config, batch, sequenceLength, training, recompute, dtype, logitElements);
        plan.AddBuffers();
        return plan;
    }

    private void AddBuffers()
    {
        AddTables();
        AddBlocks();
        AddHead();
        if (Training)
        {
            AddBackward();
        }
    }

    private void AddTables()
    {
        const string Kind = "tokens and position tables";
        Add(Kind, "tokens", DType.I32, N);
        Add(Kind, "targets", DType.I32, N);
        if (Config.E != Config.Hidden && Config.Position == PositionKind.Learned)
        {
            Add(Kind, "positions", DType.I32, N);
        }

        if (Config.Position == PositionKind.Rotary)
        {
            Add(Kind, "rope", DType.F32, T, Config.R);
        }

        if (Config.Position == PositionKind.Alibi)
        {
            Add(Kind, "alibi", DType.F32, Config.Heads);
        }
    }

    private void AddBlocks()
    {
        const string Stream = "residual stream", Norms = "norms", Attention = "attention", Mlp = "mlp";
        var (n, c, f) = (N, Config.Hidden, Config.F);
        var keepBlock = Training && Recompute != Recompute.Block;
        var keepCheap = Training && Recompute == Recompute.None;
        AddLayers(Stream, "residual", Training, n, c);
        AddLayers(Norms, "norm1", keepCheap, n, c);
        AddLayers(Norms, "rstd1", keepBlock, n);
        AddQkv(Attention, keepBlock);
        AddLayers(Attention, "context", keepBlock, n, ContextColumns);
        AddLayers(Attention, "logSumExp", keepBlock, n * Config.Heads);
        if (Config.Residual == ResidualKind.Sequential)
        {
            AddLayers(Stream, "residualMid", keepBlock, n, c);
        }

        if (Config.NormPosition == NormPosition.Post)
        {
            AddLayers(Stream, "residualEnd", keepBlock, n, c);
        }
        else
        {
            AddLayers(Norms, "norm2", keepCheap, n, c);
        }

        AddLayers(Norms, "rstd2", keepBlock, n);
        if (Config.Norm == NormKind.LayerNorm)
        {
            AddLayers(Norms, "mean1", keepBlock, n);
            AddLayers(Norms, "mean2", keepBlock, n);
        }

        if (Training || Config.GatedMlp)
        {
            AddLayers(Mlp, "up", keepBlock, n, UpColumns);
        }

        AddLayers(Mlp, "act", keepCheap, n, f);
        Add(Stream, "delta", DType, n, c);
        if (Config.Residual == ResidualKind.Parallel)
        {
            Add(Stream, "delta2", DType, n, c);
        }
    }

    /// <summary>q, k and v; and, where they change after the matrix product, what they were before.</summary>
    private void AddQkv(string kind, bool keepBlock)
    {
        AddLayers(kind, "qkv", keepBlock, N, QkvColumns);
        if (Config.KeepsRawQkv)
        {
            AddLayers(kind, "qkvRaw", keepBlock, N, QkvColumns);
        }

        if (Config.QkNorm)
        {
            AddLayers(kind, "qRstd", keepBlock, N);
            AddLayers(kind, "kRstd", keepBlock, N);
            if (Config.Norm == NormKind.LayerNorm)
            {
                AddLayers(kind, "qMean", keepBlock, N);
                AddLayers(kind, "kMean", keepBlock, N);
            }

            Add(kind, "qkInput", DType, N, ContextColumns);
            Add(kind, "qkOutput", DType, N, ContextColumns);
        }
    }

    private void AddHead()
    {
        const string Kind = "head";
        Add(Kind, "residualFinal", DType, N, Config.Hidden);
        Add(Kind, "rstdFinal", DType.F32, N);
        if (Config.Norm == NormKind.LayerNorm)
        {
            Add(Kind, "meanFinal", DType.F32, N);
        }

        Add(Kind, "hidden", DType, N, Config.E);
        if (Config.E != Config.Hidden)
        {
            Add(Kind, "final", DType, N, Config.Hidden);
            Add(Kind, "embed", DType, N, Config.E);
        }

        Add(Kind, "losses", DType.F32, N);
        Add(Kind, "loss", DType.F32, 1);
        Add("logits", "logits", DType, LogitRows, Config.PaddedVocabulary);
    }

    /// <summary>
    /// Gradients of activations, shared by all blocks; that of q, k, v and that of the MLP share a place.
    /// </summary>
    private void AddBackward()
    {
        const string Kind = "activation gradients";
        var c = Config.Hidden;
        Add(Kind, "dResidual", DType, N, c);
        Add(Kind, "dNorm", DType, N, c);
        Add(Kind, "dContext", DType, N, ContextColumns);
        Add(Kind, "dBranch", DType, N, Math.Max(QkvColumns, UpColumns));
        if (Config.GatedMlp)
        {
            Add(Kind, "dAct", DType, N, Config.F);
        }

        if (Config.Residual == ResidualKind.Parallel)
        {
            Add(Kind, "dNorm2", DType, N, c);
        }

        if (Config.E != Config.Hidden)
        {
            Add(Kind, "dHidden", DType, N, Config.E);
            Add(Kind, "dEmbed", DType, N, Config.E);
        }
    }

    private void AddLayers(string kind, string name, bool perLayer, params ReadOnlySpan<long> dimensions)
    {
        // One number a row or head is a statistic: f32.
        var dtype = dimensions.Length == 1 ? DType.F32 : DType;
        if (!perLayer)
        {
            Add(kind, name, dtype, dimensions);
            return;
        }

        for (var layer = 0; layer < Config.Layers; layer++)
        {
            Add(kind, name, layer, dtype, dimensions);
        }
    }

    private void Add(string kind, string name, DType dtype, params ReadOnlySpan<long> dimensions) =>
        Add(kind, name, -1, dtype, dimensions);

    private void Add(string kind, string name, int layer, DType dtype, ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        var sizeBytes = checked(shape.Count * dtype.SizeBytes() + Alignment - 1) / Alignment * Alignment;
        _buffers.Add(new ActivationBuffer(kind, name, layer, dtype, shape, TotalBytes, sizeBytes));
        TotalBytes = checked(TotalBytes + sizeBytes);
    }
}
