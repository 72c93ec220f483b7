using System.Diagnostics;
using Inheritune.Engine.Training;
using Inheritune.Reports;

namespace Inheritune.Terminal;

/// <summary>Speed and time left of a training, from the steps of this session.</summary>
internal sealed class StepRate
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _firstStep = -1;
    private long _firstTokens;
    private double _smoothLoss = double.NaN;

    /// <summary>Counts a step.</summary>
    public void Add(in StepResult step)
    {
        if (_firstStep < 0)
        {
            _firstStep = step.Step;
            _firstTokens = step.Tokens;
            _clock.Restart();
        }

        _smoothLoss = double.IsNaN(_smoothLoss) ? step.Loss : (0.9 * _smoothLoss) + (0.1 * step.Loss);
    }

    /// <summary>"loss 4.321, 12.30 K tokens/s, 1 min 2 s left".</summary>
    public string Describe(in StepResult step, long totalSteps)
    {
        double seconds = _clock.Elapsed.TotalSeconds;
        long steps = step.Step - _firstStep;
        if (steps == 0 || seconds <= 0)
        {
            return $"loss {Format.Loss(_smoothLoss)}";
        }

        double left = (totalSteps - step.Step - 1) * seconds / steps;
        return $"loss {Format.Loss(_smoothLoss)}, {Format.Short((step.Tokens - _firstTokens) / seconds)} "
            + $"tokens/s, {Format.Duration(left)} left";
    }
}
