namespace Inheritune.Engine.Training;

/// <summary>
/// A schedule that begins with <c>peak · s / W</c> for s &lt; W: the first update has rate 0 where W > 0.
/// </summary>
/// <param name="Peak">Rate after the warm-up.</param>
/// <param name="Warmup">W, steps of warm-up; 0 for none.</param>
public abstract record WarmupSchedule(double Peak, long Warmup) : Schedule
{
    /// <inheritdoc/>
    public sealed override double Rate(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return step < Warmup ? Peak * step / Warmup : RateAfterWarmup(step);
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        Require(double.IsFinite(Peak) && Peak > 0, "peak rate", "a number above 0", Peak);
        Require(Warmup >= 0, "warm-up steps", "0 or more", Warmup);
    }

    /// <summary>The rate at a step s ≥ W.</summary>
    protected abstract double RateAfterWarmup(long step);

    private protected void ValidateDecay(double minimum, long total)
    {
        Require(
            double.IsFinite(minimum) && minimum >= 0 && minimum <= Peak, "final rate", "0 to the peak rate",
            minimum);
        Require(total > Warmup, "total steps",
            FormattableString.Invariant($"more than the {Warmup} of warm-up"), total);
    }
}
