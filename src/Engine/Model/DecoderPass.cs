using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// Forward and backward of a <see cref="Decoder"/> over a batch of fixed size. All buffers are planned and
/// allocated here; a
/// step allocates nothing and does not wait for the device.
/// </summary>
public sealed partial class DecoderPass : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly Device _device;
    private readonly Ops _ops;
    private readonly ActivationPlan _plan;
    private readonly DeviceMemory _memory;
    private readonly DecoderCache? _cache;
    private readonly Tensor? _rope;
    private readonly Tensor? _alibi;
    private readonly LayerWeights[] _weights;
    private readonly AttentionShape[] _attention;
    private readonly Tensor _tokenTable;
    private readonly Tensor? _positionTable;
    private readonly Tensor _head, _paddedHead;
    private readonly Tensor? _projectionIn, _projectionOut;
    private readonly Tensor? _finalNormWeight, _finalNormBias;
    private readonly float _eps;
    private readonly bool _isParallel, _isPost;
    private Activations _a;
    private readonly Dictionary<StepKey, DeviceRecording> _recordings = [];
    private readonly HashSet<StepKey> _seen = [];
    private ParameterSet? _gradientSet;
    private LayerWeights[] _gradients = [];
    private float[]? _hostLosses;

    /// <summary>Plans and allocates the buffers.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="batch">B, sequences.</param>
    /// <param name="sequenceLength">T, tokens per sequence, up to the model's positions.</param>
    /// <param name="training">With a backward pass.</param>
    /// <param name="recompute">What the backward pass computes again.</param>
    /// <param name="weights">
    /// Weights to compute with, whose element type is that of all activations; null for the model's own.
    /// </param>
    /// <exception cref="ModelException">The engine cannot run the configuration, or the sizes do not fit
    /// it.</exception>
    /// <exception cref="DeviceException">Out of memory.</exception>
    public DecoderPass(
        Decoder model, int batch, int sequenceLength, bool training, Recompute recompute = Recompute.None,
        ParameterSet? weights = null)
        : this(
            model ?? throw new ArgumentNullException(nameof(model)),
            ActivationPlan.For(
                model.Config, batch, sequenceLength, training, recompute, (weights ?? model.Weights).Flat.DType),
            weights)
    {
    }

    /// <param name="model">The model; not owned.</param>
    /// <param name="plan">Buffers.</param>
    /// <param name="weights">Weights to compute with; null for the model's own.</param>
    /// <param name="cache">Keys and values of the positions before those of a pass; not owned. Null for none.</param>
    internal DecoderPass(Decoder model, ActivationPlan plan, ParameterSet? weights = null, DecoderCache? cache = null)
    {
        weights ??= model.Weights;
        model.Config.RequireSupported();
        (_config, _device, _ops) = (model.Config, model.Device, model.Device.Ops);
        _plan = plan;
        _memory = model.Device.Allocate(_plan.TotalBytes);
        _a = new Activations(_plan, _plan, _memory);
        _cache = cache;
        (_rope, _alibi) = (cache?.Rope ?? _a.Rope, _a.Alibi);
        if (cache is null)
        {
            _rope?.Upload<float>(RopeTable.Build(_config, plan.T));
        }

        _alibi?.Upload<float>(AlibiSlopes.Build(_config.Heads, _config.AlibiBiasMax));
        _weights = LayerWeights.All(weights);
        _attention = new AttentionShape[_config.Layers];
        SetAttentionShapes();
        _tokenTable = weights["wte"];
        _positionTable = weights.Find("wpe");
        _head = weights.Find("head.weight") ?? _tokenTable;
        _paddedHead = weights.PaddedHead;
        _projectionIn = weights.Find("proj_in.weight");
        _projectionOut = weights.Find("proj_out.weight");
        _finalNormWeight = weights.Find("norm_f.weight");
        _finalNormBias = weights.Find("norm_f.bias");
        _eps = (float)_config.NormEps;
        _isParallel = _config.Residual == ResidualKind.Parallel;
        _isPost = _config.NormPosition == NormPosition.Post;
        UploadPositions();
    }

    /// <summary>The buffers.</summary>
    public ActivationPlan Plan => _plan;

    /// <summary>What the head reads after the last forward pass, (N, E) f32.</summary>
    public Tensor Hidden => _a.Hidden;

    /// <summary>
    /// Mean loss of the last <see cref="ForwardBackward"/>, (1) f32, for those who read it later.
    /// </summary>
    public Tensor LastLoss => _a.Loss;

    /// <summary>
    /// q, k and v of a block after rotary positions, (B, T, (NH + 2 NKV) HS), as the last forward pass left
    /// them.
    /// </summary>
    /// <exception cref="ModelException">The pass does not keep them.</exception>
    public Tensor LayerQkv(int layer) => _plan.Training && _plan.Recompute != Recompute.Block
        ? _a.Layers[layer].Qkv
        : throw new ModelException("LayerQkv: expected a training pass that does not recompute blocks: others keep no q, k and v.");

    /// <summary>Sizes and scale of a block's attention.</summary>
    public AttentionShape LayerAttention(int layer) => _attention[layer];

    /// <summary>
    /// Runs the model; <see cref="Hidden"/> and the attention inputs are there afterwards. Enqueues only.
    /// </summary>
    /// <param name="tokens">batch × sequenceLength ids.</param>
    /// <param name="batch">B, with B T at most what the pass was built for.</param>
    /// <param name="sequenceLength">T, at most that of the pass.</param>
    /// <exception cref="ModelException">A size or an id is out of range.</exception>
    public void Forward(ReadOnlySpan<int> tokens, int batch, int sequenceLength)
    {
        Resize(batch, sequenceLength);
        UploadTokens(tokens);
        ForwardBody();
    }

    /// <summary>Logits of some rows of <see cref="Hidden"/>. Enqueues only.</summary>
    /// <param name="logits">(rowCount, V) f32. Overwritten.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rowCount">Rows.</param>
    public void Logits(Tensor logits, long firstRow, long rowCount) =>
        LogitsOf(logits, Hidden.Slice(firstRow, rowCount), _head);

    /// <summary>Mean loss in nats over the targets that are not −100; forward only. Waits.</summary>
    /// <param name="tokens">B T ids, the sizes the pass was built for.</param>
    /// <param name="targets">B T ids, or −100.</param>
    public double Loss(ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets)
    {
        Resize(_plan.B, _plan.T);
        var count = UploadTargets(targets);
        UploadTokens(tokens);
        ForwardBody();
        ForwardHead();
        _hostLosses ??= new float[_plan.N];
        _a.Losses.ReadToHost<float>(_hostLosses);
        var sum = 0.0;
        foreach (var loss in _hostLosses)
        {
            sum += loss;
        }

        return count == 0 ? 0 : sum / count;
    }

    /// <summary>
    /// Forward and backward: the gradient of gradientScale × mean loss by every parameter. Enqueues only.
    /// </summary>
    /// <param name="tokens">B T ids, the sizes the pass was built for.</param>
    /// <param name="targets">B T ids, or −100.</param>
    /// <param name="gradients">Overwritten, or added to.</param>
    /// <param name="accumulate">Add to the gradients.</param>
    /// <param name="gradientScale">Factor of the gradient; 1/G for a mean over G micro-batches.</param>
    /// <exception cref="ModelException">A size or an id is out of range, or the pass is not for
    /// training.</exception>
    public void ForwardBackward(
        ReadOnlySpan<int> tokens, ReadOnlySpan<int> targets, ParameterSet gradients, bool accumulate, float gradientScale)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        if (!_plan.Training)
        {
            throw new ModelException("ForwardBackward: expected a pass that was built with training: true.");
        }

        if (!ReferenceEquals(gradients, _gradientSet))
        {
            ForgetRecordings();
            (_gradientSet, _gradients) = (gradients, LayerWeights.All(gradients));
        }

        Resize(_plan.B, _plan.T);
        var count = UploadTargets(targets);
        UploadTokens(tokens);
        RunStep(new StepKey(accumulate, gradientScale, count));
    }

    /// <summary>Mean loss of the last <see cref="ForwardBackward"/>. Waits.</summary>
    public float ReadLoss()
    {
        Span<float> loss = stackalloc float[1];
        _a.Loss.ReadToHost(loss);
        return loss[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetRecordings();
        _memory.Dispose();
    }

    private void Resize(int batch, int sequenceLength)
    {
        if (batch == _a.Plan.B && sequenceLength == _a.Plan.T)
        {
            return;
        }

        if (batch < 1 || sequenceLength < 1 || sequenceLength > _plan.T || (long)batch * sequenceLength > _plan.N)
        {
            throw new ModelException(
                $"Forward: expected at most {_plan.B} x {_plan.T} tokens, got {batch} x {sequenceLength}. Build a larger pass.");
        }

        ForgetRecordings();
        _a = new Activations(
            ActivationPlan.For(
                _config, batch, sequenceLength, _plan.Training, _plan.Recompute, _plan.LogitElements, _plan.DType),
            _plan, _memory);
        SetAttentionShapes();
        UploadPositions();
    }

    private void SetAttentionShapes()
    {
        for (var i = 0; i < _attention.Length; i++)
        {
            _attention[i] = new AttentionShape(
                _a.Plan.B, _a.Plan.T, _config.Heads, _config.NKV, _config.HS, (float)_config.AttentionScaleOf(i), _alibi);
        }
    }

    /// <summary>Rows of the position table, where they are looked up apart from the tokens.</summary>
    private void UploadPositions()
    {
        if (_a.Positions is not { } positions)
        {
            return;
        }

        var rows = new int[_a.Plan.N];
        for (var n = 0; n < rows.Length; n++)
        {
            rows[n] = n % _a.Plan.T + _config.PositionOffset + (_cache?.Begin(n / _a.Plan.T) ?? 0);
        }

        positions.Upload<int>(rows);
    }

    private void UploadTokens(ReadOnlySpan<int> tokens)
    {
        CheckCount(tokens.Length, "tokens");
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)_config.VocabSize)
            {
                ThrowRange("token", tokens[i], i);
            }
        }

        _a.Tokens.Upload(tokens);
    }

    private int UploadTargets(ReadOnlySpan<int> targets)
    {
        CheckCount(targets.Length, "targets");
        var count = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            if ((uint)targets[i] < (uint)_config.VocabSize)
            {
                count++;
            }
            else if (targets[i] != Ops.IgnoredTarget)
            {
                ThrowRange("target", targets[i], i);
            }
        }

        _a.Targets.Upload(targets);
        return count;
    }

    private void CheckCount(int count, string what)
    {
        if (count != _a.Plan.N)
        {
            throw new ModelException(
                $"Forward: {what}: expected {_a.Plan.B} x {_a.Plan.T} = {_a.Plan.N} ids, got {count}.");
        }
    }

    private void ThrowRange(string what, int id, int index) => throw new ModelException(
        $"Forward: {what} {index}: expected an id below the vocabulary size {_config.VocabSize}, got {id}. "
        + "The data was made with another tokenizer; prepare it again with this model's.");
}
