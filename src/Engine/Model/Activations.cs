using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>The tensors of an <see cref="ActivationPlan"/> inside one block of memory.</summary>
internal sealed class Activations
{
    private readonly Dictionary<(string Name, int Layer), Tensor> _tensors = [];

    /// <summary>
    /// Lays the buffers of <paramref name="plan"/> where <paramref name="places"/>, a plan at least as large,
    /// has them.
    /// </summary>
    public Activations(ActivationPlan plan, ActivationPlan places, DeviceMemory memory)
    {
        Plan = plan;
        for (var i = 0; i < plan.Buffers.Count; i++)
        {
            var buffer = plan.Buffers[i];
            _tensors.Add(
                (buffer.Name, buffer.Layer), new Tensor(memory, places.Buffers[i].Offset, buffer.Shape, buffer.DType));
        }

        (Tokens, Targets, Rope, Alibi) = (Get("tokens"), Get("targets"), Find("rope"), Find("alibi"));
        (Delta, Delta2) = (Get("delta"), Find("delta2"));
        (Positions, Embed, QueryKey) = (Find("positions"), Find("embed"), QueryKeyScratch.For(plan, Find));
        (ResidualFinal, MeanFinal, RstdFinal) = (Get("residualFinal"), Find("meanFinal"), Get("rstdFinal"));
        Final = Find("final") ?? Get("hidden");
        (Hidden, Losses, Loss) = (Get("hidden"), Get("losses"), Get("loss"));
        Layers = new LayerActivations[plan.Config.Layers];
        for (var i = 0; i < Layers.Length; i++)
        {
            Layers[i] = Layer(i);
        }

        Chunks = new LogitChunk[(int)((plan.N + plan.LogitRows - 1) / plan.LogitRows)];
        for (var i = 0; i < Chunks.Length; i++)
        {
            var first = (long)i * plan.LogitRows;
            Chunks[i] = Chunk(first, Math.Min(plan.LogitRows, plan.N - first));
        }

        Gradients = plan.Training ? new ActivationGradients
        {
            Residual = Get("dResidual"),
            Norm = Get("dNorm"),
            Norm2 = Find("dNorm2") ?? Get("dNorm"),
            Context = Get("dContext"),
            Qkv = Get("dBranch").View(plan.N, plan.QkvColumns),
            Up = Get("dBranch").View(plan.N, plan.UpColumns),
            Act = Find("dAct"),
            Hidden = Find("dHidden") ?? Get("dNorm"),
            Embed = Find("dEmbed"),
        }
        : null;
    }

    public ActivationPlan Plan { get; }

    public LayerActivations[] Layers { get; }

    public LogitChunk[] Chunks { get; }

    /// <summary>Null where the pass has no backward pass.</summary>
    public ActivationGradients? Gradients { get; }

    public Tensor Tokens { get; }

    public Tensor Targets { get; }

    /// <summary>Rows of the position table, (N), where positions are looked up apart from the tokens.</summary>
    public Tensor? Positions { get; }

    /// <summary>Token rows of another width than the model, (N, E).</summary>
    public Tensor? Embed { get; }

    /// <summary>Where q and k are normalised.</summary>
    public QueryKeyScratch? QueryKey { get; }

    /// <summary>Cosines and sines, (T, r).</summary>
    public Tensor? Rope { get; }

    /// <summary>Slopes, (NH).</summary>
    public Tensor? Alibi { get; }

    /// <summary>What a branch adds to the residual stream, (N, C).</summary>
    public Tensor Delta { get; }

    /// <summary>The second branch of a parallel block, (N, C).</summary>
    public Tensor? Delta2 { get; }

    public Tensor ResidualFinal { get; }

    public Tensor? MeanFinal { get; }

    public Tensor RstdFinal { get; }

    /// <summary>What leaves the last block and the final norm, (N, C).</summary>
    public Tensor Final { get; }

    /// <summary>What the head reads, (N, E); the same as <see cref="Final"/> where E = C.</summary>
    public Tensor Hidden { get; }

    /// <summary>Loss of each position, (N).</summary>
    public Tensor Losses { get; }

    /// <summary>Mean loss, (1).</summary>
    public Tensor Loss { get; }

    private bool IsPost => Plan.Config.NormPosition == NormPosition.Post;

    private LayerActivations Layer(int i) => new()
    {
        Residual = Get("residual", i),
        AttentionInput = IsPost ? Get("residual", i) : Get("norm1", i),
        Norm1 = Get("norm1", i),
        Mean1 = Find("mean1", i),
        Rstd1 = Get("rstd1", i),
        Qkv = Get("qkv", i),
        QkvRaw = Find("qkvRaw", i),
        QMean = Find("qMean", i),
        QRstd = Find("qRstd", i),
        KMean = Find("kMean", i),
        KRstd = Find("kRstd", i),
        Context = Get("context", i),
        LogSumExp = Get("logSumExp", i),
        ResidualMid = Find("residualMid", i) ?? Get("residual", i),
        ResidualEnd = Find("residualEnd", i),
        MlpInput = IsPost ? Get("norm1", i) : Get("norm2", i),
        Mean2 = Find("mean2", i),
        Rstd2 = Get("rstd2", i),
        Up = Find("up", i),
        Act = Get("act", i),
    };

    private LogitChunk Chunk(long first, long rows) => new(
        Get("logits").Slice(0, rows), Hidden.Slice(first, rows), Targets.Slice(first, rows), Losses.Slice(first, rows),
        (Find("dHidden") ?? Find("dNorm"))?.Slice(first, rows));

    private Tensor Get(string name, int layer = -1) =>
        Find(name, layer) ?? throw new InvalidOperationException($"The plan of this pass has no buffer '{name}'.");

    private Tensor? Find(string name, int layer = -1) =>
        _tensors.TryGetValue((name, layer), out var own) ? own : _tensors.GetValueOrDefault((name, -1));
}
