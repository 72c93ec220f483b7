using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    private const int MaxRecordings = 8;
    private DeviceRecording? _forward;
    private int _forwardRuns;

    /// <summary>
    /// Forward and backward over the tokens and targets that are on the device. The first step of a kind runs operation
    /// by operation, which compiles and warms up everything; the second is recorded; those after it are one launch.
    /// </summary>
    private void RunStep(in StepKey key)
    {
        if (_recordings.TryGetValue(key, out var recording))
        {
            recording.Replay();
        }
        else if (_device.Profile is null && _seen.Contains(key) && _recordings.Count < MaxRecordings)
        {
            Record(key).Replay();
        }
        else
        {
            _seen.Add(key);
            EnqueueStep(key);
        }
    }

    private DeviceRecording Record(StepKey key)
    {
        var recording = _device.Record(() => EnqueueStep(key));
        _recordings.Add(key, recording);
        return recording;
    }

    private void EnqueueStep(in StepKey key)
    {
        ForwardBody();
        var perTarget = key.Targets == 0 ? 0f : 1f / key.Targets;
        ForwardBackwardHead(_gradientSet!, key.Accumulate, key.GradientScale * perTarget);
        _ops.Sum(_a.Loss, _a.Losses, perTarget, accumulate: false);
        Backward(_gradientSet!, key.Accumulate);
    }

    /// <summary>
    /// Runs new positions behind those of the cache. A form that comes a third time, as the single steps of generation
    /// do, is one launch.
    /// </summary>
    internal void ForwardCached(ReadOnlySpan<int> tokens, int batch, int sequenceLength)
    {
        Resize(batch, sequenceLength);
        UploadTokens(tokens);
        UploadPositions();
        if (_device.Profile is null && _forwardRuns++ > 0)
        {
            _forward ??= _device.Record(ForwardBody);
            _forward.Replay();
        }
        else
        {
            ForwardBody();
        }
    }

    private void ForgetRecordings()
    {
        _forward?.Dispose();
        (_forward, _forwardRuns) = (null, 0);
        foreach (var recording in _recordings.Values)
        {
            recording.Dispose();
        }

        _recordings.Clear();
        _seen.Clear();
    }

    /// <summary>What the operations of a step depend on, beside the contents of tensors.</summary>
    /// <param name="Accumulate">Add to the gradients.</param>
    /// <param name="GradientScale">Factor of the gradient.</param>
    /// <param name="Targets">Targets that take part.</param>
    private readonly record struct StepKey(bool Accumulate, float GradientScale, int Targets);
}
