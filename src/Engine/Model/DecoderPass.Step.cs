using Inheritune.Kernels;

namespace Inheritune.Engine.Model;

public sealed partial class DecoderPass
{
    private const int MaxRecordings = 8;

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

    private void ForgetRecordings()
    {
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
