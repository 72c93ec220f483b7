using System.Diagnostics;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Training;

/// <summary>
/// Trains a decoder step by step. The order in a step: rate, gradients (mean or sum of the micro-batches),
/// norm over all parameters, clip factor min(1, c / (norm + 1e-6)), decay w·(1 − lr·λ), AdamW
/// (arXiv:1711.05101). The clip factor stays on the device; the host waits once, at the end, for losses and
/// norm. A step allocates nothing.
/// </summary>
public sealed partial class Trainer : IDisposable
{
    private readonly Ops _ops;
    private readonly DecoderPass _pass;
    private readonly Tensor _norm;
    private readonly ParameterSet? _working;
    private readonly Tensor _lossesOnDevice;
    private readonly Tensor[] _lossSlots;
    private readonly int[] _tokens;
    private readonly int[] _targets;
    private readonly float[] _losses;
    private readonly float[] _normOnHost = new float[2];
    private readonly IBatchSource _train;
    private readonly OutlierDetector _outliers;
    private DecoderPass? _evaluationPass;
    private (int Batch, int SequenceLength) _evaluationSize;

    /// <summary>
    /// Allocates everything that training needs; the moments are 0, the next step is step 0.
    /// </summary>
    /// <param name="model">The model; it is changed in place and stays the caller's.</param>
    /// <param name="options">How to train.</param>
    /// <param name="train">Where batches come from; nothing else may draw from it.</param>
    /// <exception cref="TrainingException">Options contradict each other or the model.</exception>
    /// <exception cref="DeviceException">Out of memory.</exception>
    public Trainer(Decoder model, TrainOptions options, IBatchSource train)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(train);
        options.Validate(model.Config);
        Model = model;
        Options = options;
        _train = train;
        _ops = model.Device.Ops;
        _outliers = new OutlierDetector(options.OutlierDeviations);
        var count = options.BatchSize * options.SequenceLength;
        _tokens = new int[count];
        _targets = new int[count];
        _losses = new float[options.AccumulationSteps];
        try
        {
            RequireWeights(model, options.Precision);
            Gradients = new ParameterSet(model.Device, model.Table, options.Precision.ComputeType());
            FirstMoment = new ParameterSet(model.Device, model.Table);
            SecondMoment = new ParameterSet(model.Device, model.Table);
            _norm = model.Device.AllocateTensor(DType.F32, 2);
            _lossesOnDevice = model.Device.AllocateTensor(DType.F32, options.AccumulationSteps);
            _lossSlots = [.. Enumerable.Range(0, _losses.Length).Select(i => _lossesOnDevice.Slice(i, 1))];
            if (options.Precision == Precision.Mixed)
            {
                _working = new ParameterSet(model.Device, model.Table, DType.BF16);
                RefreshWorkingWeights();
            }

            _pass = new DecoderPass(model, options.BatchSize, options.SequenceLength, training: true,
                options.Recompute, _working);
        }
        catch
        {
            Dispose();
            throw;
        }

        BuildGroups();
    }

    /// <summary>The model in training.</summary>
    public Decoder Model { get; }

    /// <summary>How it is trained.</summary>
    public TrainOptions Options { get; }

    /// <summary>What model files of checkpoints hold beside the weights; their element type is the trainer's.</summary>
    public ModelSaveOptions SaveOptions { get; init; } = new();

    /// <summary>Gradients of the last step, before clipping.</summary>
    public ParameterSet Gradients { get; }

    /// <summary>m of AdamW.</summary>
    public ParameterSet FirstMoment { get; }

    /// <summary>v of AdamW.</summary>
    public ParameterSet SecondMoment { get; }

    /// <summary>0-based number of the next step = steps done.</summary>
    public long StepIndex { get; private set; }

    /// <summary>Tokens trained on so far.</summary>
    public long Tokens { get; private set; }

    /// <summary>
    /// The last <see cref="Restore"/> found choices of another device or library: training goes on with the same numbers, but
    /// not with the same bits.
    /// </summary>
    public bool HasOtherTuning { get; private set; }

    /// <summary>Updates left out because of <see cref="OutlierAction.Skip"/>.</summary>
    public long SkippedUpdates { get; private set; }

    /// <summary>Mean loss of each micro-batch of the last step.</summary>
    public ReadOnlySpan<float> MicroBatchLosses => _losses;

    /// <summary>Trains on the next batch.</summary>
    /// <exception cref="TrainingException">An outlier, with <see cref="OutlierAction.Stop"/>.</exception>
    public StepResult Step()
    {
        var started = Stopwatch.GetTimestamp();
        var rate = Options.Schedule.Rate(StepIndex);
        ComputeGradients();
        _ops.GradientNorm(_norm, Gradients.Flat, (float)Options.ClipNorm);

        var limit = _outliers.Limit;
        var (loss, skipped) = Options.OutlierAction == OutlierAction.Skip
            ? UpdateUnlessOutlier(rate, limit)
            : UpdateThenRead(rate);
        Tokens += Options.TokensPerStep;
        var step = StepIndex++;
        if (!skipped)
        {
            if (IsOutlier(loss, limit))
            {
                ThrowOutlier(step, loss, limit);
            }

            _outliers.Add(loss);
        }
        else
        {
            SkippedUpdates++;
        }

        return new StepResult(
            step, rate, loss, _normOnHost[0], _normOnHost[1], Tokens,
            Stopwatch.GetElapsedTime(started).TotalMilliseconds,
            skipped);
    }

    /// <summary>
    /// Mean loss of each batch, nats per token. Changes nothing: neither the weights nor the training data's
    /// place.
    /// </summary>
    public double[] Evaluate(FixedBatches batches, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var pass = EvaluationPass(batches.Batch, batches.SequenceLength);
        var tokens = new int[batches.Batch * batches.SequenceLength];
        var targets = new int[tokens.Length];
        var losses = new double[batches.Count];
        for (var i = 0; i < losses.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            batches.Read(i, tokens, targets);
            losses[i] = pass.Loss(tokens, targets);
        }

        return losses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _evaluationPass?.Dispose();
        _pass?.Dispose();
        _norm?.Memory.Dispose();
        _lossesOnDevice?.Memory.Dispose();
        _working?.Dispose();
        SecondMoment?.Dispose();
        FirstMoment?.Dispose();
        Gradients?.Dispose();
    }

    private static void RequireWeights(Decoder model, Precision precision)
    {
        var got = model.Weights.Flat.DType;
        if (got != precision.WeightType())
        {
            throw new TrainingException(
                $"training options: precision {precision}: expected a model with {precision.WeightType()} weights, got "
                + $"{got}. Load or make the model with that type.");
        }
    }

    /// <summary>The weights changed from outside: what the pass reads follows.</summary>
    private void RefreshWorkingWeights()
    {
        if (_working is not null)
        {
            _ops.Cast(_working.Flat, Model.Weights.Flat);
        }
    }

    private void ComputeGradients()
    {
        // The mean is taken by scaling each micro-batch's loss: no pass over the gradients is needed for it.
        var scale = Options.AccumulationMode == AccumulationMode.Mean ? 1f / Options.AccumulationSteps : 1f;
        for (var micro = 0; micro < Options.AccumulationSteps; micro++)
        {
            _train.Next(_tokens, _targets, Options.BatchSize, Options.SequenceLength);
            _pass.ForwardBackward(_tokens, _targets, Gradients, accumulate: micro > 0, scale);
            _ops.Copy(_lossSlots[micro], _pass.LastLoss);
        }
    }

    /// <summary>Everything is enqueued before the host waits.</summary>
    private (double Loss, bool Skipped) UpdateThenRead(double rate)
    {
        Update(rate);
        return (ReadLossAndNorm(), false);
    }

    /// <summary>Waits before the update, which an outlier does not get.</summary>
    private (double Loss, bool Skipped) UpdateUnlessOutlier(double rate, double limit)
    {
        var loss = ReadLossAndNorm();
        var skipped = IsOutlier(loss, limit);
        if (!skipped)
        {
            Update(rate);
        }

        return (loss, skipped);
    }

    private double ReadLossAndNorm()
    {
        _lossesOnDevice.ReadToHost<float>(_losses);
        _norm.ReadToHost<float>(_normOnHost);
        double sum = 0;
        foreach (var loss in _losses)
        {
            sum += loss;
        }

        return sum / _losses.Length;
    }

    private bool IsOutlier(double loss, double limit) =>
        !double.IsFinite(loss) || !float.IsFinite(_normOnHost[0]) || loss > limit;

    private void ThrowOutlier(long step, double loss, double limit)
    {
        var norm = _normOnHost[0];
        var expected = double.IsFinite(loss) && float.IsFinite(norm)
            ? FormattableString.Invariant($"a loss of at most {limit:G5} (mean {_outliers.Mean:G5} of the last ")
                + FormattableString.Invariant($"{OutlierDetector.Window} steps + {Options.OutlierDeviations} sd)")
            : "finite numbers";
        throw new TrainingException(
            FormattableString.Invariant(
                $"training: step {step}: expected {expected}, got loss {loss:G5}, gradient norm {norm:G5}. ")
            + "Training has become unstable. Go on from the last checkpoint with a lower learning rate or a "
            + "longer warm-up, or let such steps be skipped.");
    }

    private DecoderPass EvaluationPass(int batch, int sequenceLength)
    {
        if (batch == Options.BatchSize && sequenceLength == Options.SequenceLength)
        {
            return _pass;
        }

        if (_evaluationPass is null || _evaluationSize != (batch, sequenceLength))
        {
            _evaluationPass?.Dispose();
            _evaluationPass = null;
            _evaluationPass = new DecoderPass(
                Model, batch, sequenceLength, training: false, weights: _working);
            _evaluationSize = (batch, sequenceLength);
        }

        return _evaluationPass;
    }
}
