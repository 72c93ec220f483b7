namespace Inheritune.Engine.Training;

/// <summary>The peak rate for ever after the warm-up.</summary>
/// <param name="Peak">Rate after the warm-up.</param>
/// <param name="Warmup">W.</param>
public sealed record ConstantSchedule(double Peak, long Warmup = 0) : WarmupSchedule(Peak, Warmup)
{
    /// <inheritdoc/>
    protected override double RateAfterWarmup(long step) => Peak;
}
