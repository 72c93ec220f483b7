namespace Inheritune.Engine.Training;

/// <summary>Linear: min + (peak − min) · (1 − (s − W) / (S − W)), min for s > S.</summary>
/// <param name="Peak">Rate after the warm-up.</param>
/// <param name="Minimum">Rate at the end.</param>
/// <param name="Warmup">W.</param>
/// <param name="Total">S.</param>
public sealed record LinearSchedule(double Peak, double Minimum, long Warmup, long Total)
    : WarmupSchedule(Peak, Warmup)
{
    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ValidateDecay(Minimum, Total);
    }

    /// <inheritdoc/>
    protected override double RateAfterWarmup(long step) => step > Total
        ? Minimum
        : Minimum + (Peak - Minimum) * (1 - (double)(step - Warmup) / (Total - Warmup));
}
