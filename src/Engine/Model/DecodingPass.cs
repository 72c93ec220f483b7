using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

/// <summary>
/// Runs sequences token by token: keys and values of earlier positions stay in a cache, so a step costs one position
/// instead of all. On the CPU logits have the bits of <see cref="DecoderPass"/> over the whole sequence, however many
/// sequences run together and however their beginning is cut into pieces.
/// </summary>
public sealed class DecodingPass : IDisposable
{
    /// <summary>Rows that a piece of the beginning has in all sequences together.</summary>
    private const int PieceRows = 512;

    private readonly Decoder _model;
    private readonly DecoderCache _cache;
    private readonly DecoderPass _pass;
    private readonly Tensor _logits, _readLogits;
    private readonly int _piece;
    private readonly int[] _tokens;
    private readonly int[] _last;

    /// <summary>Allocates cache and buffers.</summary>
    /// <param name="model">The model; not owned.</param>
    /// <param name="batch">B, sequences.</param>
    /// <param name="capacity">Positions per sequence, at most those of the model.</param>
    /// <param name="weights">
    /// Weights to compute with, whose element type is that of the cache; null for the model's own. Not owned.
    /// </param>
    /// <exception cref="ModelException">The engine cannot run the model, or the sizes do not fit it.</exception>
    /// <exception cref="DeviceException">Out of memory.</exception>
    public DecodingPass(Decoder model, int batch, int capacity, ParameterSet? weights = null)
        : this(model, batch, capacity, weights, PieceRows)
    {
    }

    internal DecodingPass(Decoder model, int batch, int capacity, ParameterSet? weights, int pieceRows)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        RequireCapacity(capacity);
        var dtype = (weights ?? model.Weights).Flat.DType;
        _piece = Math.Clamp(pieceRows / Math.Max(1, batch), 1, capacity);

        // Logits are made for the last position of a sequence only: the plan's buffer for them stays small.
        var plan = ActivationPlan.For(
            model.Config, batch, _piece, training: false, Recompute.None, logitElements: 1, dtype);
        (Batch, Capacity) = (batch, capacity);
        (_tokens, _last) = (new int[batch * _piece], new int[batch]);
        _cache = new DecoderCache(model, batch, capacity, dtype);
        _pass = new DecoderPass(model, plan, weights, _cache);
        _logits = model.Device.AllocateTensor(dtype, batch, model.Config.VocabSize);
        _readLogits = dtype == DType.F32
            ? _logits
            : model.Device.AllocateTensor(DType.F32, batch, model.Config.VocabSize);
    }

    /// <summary>B, sequences.</summary>
    public int Batch { get; }

    /// <summary>Positions per sequence.</summary>
    public int Capacity { get; }

    /// <summary>Positions that a sequence has.</summary>
    public int Length(int sequence) => _cache.Length(sequence);

    /// <summary>
    /// Begins anew: runs the sequences, of different lengths or not; the logits of each one's last position are there
    /// afterwards. Enqueues only.
    /// </summary>
    /// <param name="sequences">B lists of 1 to <see cref="Capacity"/> ids.</param>
    /// <exception cref="ModelException">A count or an id is out of range; nothing was enqueued.</exception>
    public void Start(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        RequireCount(sequences.Count);
        for (var b = 0; b < Batch; b++)
        {
            if (sequences[b].Count < 1 || sequences[b].Count > Capacity)
            {
                throw new ModelException(
                    $"Start: sequence {b}: expected 1 to {Capacity} tokens, got {sequences[b].Count}.");
            }
        }

        _cache.Clear();
        var longest = sequences.Max(sequence => sequence.Count);
        for (var first = 0; first < longest; first += _piece)
        {
            StartPiece(sequences, first, Math.Min(_piece, longest - first));
        }
    }

    /// <summary>Runs one more token of each sequence. Enqueues only.</summary>
    /// <param name="tokens">B ids; −1 for a sequence that is over: its cache and its logits mean nothing afterwards.</param>
    /// <exception cref="ModelException">
    /// The cache of a sequence is full, or a count or an id is out of range; nothing was enqueued.
    /// </exception>
    public void Step(ReadOnlySpan<int> tokens)
    {
        RequireCount(tokens.Length);
        for (var b = 0; b < Batch; b++)
        {
            if (tokens[b] >= 0 && _cache.Length(b) >= Capacity)
            {
                throw new ModelException(
                    $"Step: sequence {b}: expected fewer than its {Capacity} positions, all are taken. Start anew with its end.");
            }

            _last[b] = Math.Max(0, tokens[b]);
        }

        _cache.BeginPass(1);
        _pass.ForwardCached(_last, Batch, 1);
        _pass.Logits(_logits, 0, Batch);                                          // (B, V)
        for (var b = 0; b < Batch; b++)
        {
            _cache.Add(b, tokens[b] >= 0 ? 1 : 0);
        }
    }

    /// <summary>Logits behind the last token of each sequence. Waits.</summary>
    /// <param name="logits">B V values. Overwritten.</param>
    public void ReadLogits(Span<float> logits)
    {
        if (!ReferenceEquals(_readLogits, _logits))
        {
            _model.Device.Ops.Cast(_readLogits, _logits);
        }

        _readLogits.ReadToHost(logits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pass.Dispose();
        _cache.Dispose();
        _logits.Memory.Dispose();
        _readLogits.Memory.Dispose();
    }

    /// <summary>Positions first .. first + count of all sequences; shorter ones compute what nobody reads.</summary>
    private void StartPiece(IReadOnlyList<IReadOnlyList<int>> sequences, int first, int count)
    {
        var tokens = _tokens.AsSpan(0, Batch * count);
        tokens.Clear();
        for (var b = 0; b < Batch; b++)
        {
            for (var i = first; i < Math.Min(first + count, sequences[b].Count); i++)
            {
                tokens[b * count + i - first] = sequences[b][i];
            }
        }

        _cache.BeginPass(count);
        _pass.ForwardCached(tokens, Batch, count);
        for (var b = 0; b < Batch; b++)
        {
            var added = Math.Clamp(sequences[b].Count - first, 0, count);
            _cache.Add(b, added);
            if (added > 0 && first + added == sequences[b].Count)
            {
                _pass.Logits(_logits.Slice(b, 1), (long)b * count + added - 1, 1); // (1, V)
            }
        }
    }

    private void RequireCount(int count)
    {
        if (count != Batch)
        {
            throw new ModelException($"Decoding: expected {Batch} sequences, got {count}.");
        }
    }

    private void RequireCapacity(int capacity)
    {
        if (capacity < 1 || capacity > _model.Config.MaxPositions)
        {
            throw new ModelException(
                $"Decoding: capacity: expected 1 to the model's {_model.Config.MaxPositions} positions, got {capacity}.");
        }
    }
}
