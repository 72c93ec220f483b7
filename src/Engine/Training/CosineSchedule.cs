namespace Inheritune.Engine.Training;

/// <summary>
/// Cosine: min + (peak − min) · ½ (1 + cos(π (s − W) / (S − W))), min for s > S (arXiv:1608.03983).
/// </summary>
/// <param name="Peak">Rate after the warm-up.</param>
/// <param name="Minimum">Rate at the end.</param>
/// <param name="Warmup">W.</param>
/// <param name="Total">S.</param>
public sealed record CosineSchedule(double Peak, double Minimum, long Warmup, long Total)
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
        : Minimum + (Peak - Minimum) * 0.5 * (1 + Math.Cos(Math.PI * (step - Warmup) / (Total - Warmup)));
}
