namespace Inheritune.Engine.Training;

/// <summary>Form of the last part of <see cref="WsdSchedule"/>, f from 0 to 1.</summary>
public enum WsdShape
{
    /// <summary>1 − f.</summary>
    Linear,

    /// <summary>1 − √f.</summary>
    Sqrt,
}

/// <summary>
/// Warm-up, stable, decay (arXiv:2404.06395): the peak rate until the last D steps, then min + (peak − min) ·
/// (1 − f) or (1 − √f) with f = (s − (S − D)) / D; min for s > S.
/// </summary>
/// <param name="Peak">Rate of the stable part.</param>
/// <param name="Minimum">Rate at the end.</param>
/// <param name="Warmup">W.</param>
/// <param name="Total">S.</param>
/// <param name="Decay">D.</param>
/// <param name="Shape">Form of the decay.</param>
public sealed record WsdSchedule(
    double Peak, double Minimum, long Warmup, long Total, long Decay, WsdShape Shape = WsdShape.Linear)
    : WarmupSchedule(Peak, Warmup)
{
    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        ValidateDecay(Minimum, Total);
        Require(
            Decay >= 1 && Decay <= Total - Warmup, "decay steps",
            FormattableString.Invariant($"1 to {Total - Warmup}, what the warm-up leaves of {Total} steps"),
            Decay);
    }

    /// <inheritdoc/>
    protected override double RateAfterWarmup(long step)
    {
        var start = Total - Decay;
        if (step < start)
        {
            return Peak;
        }

        var f = (double)(step - start) / Decay;
        var fallen = Shape == WsdShape.Sqrt ? Math.Sqrt(f) : f;
        return step > Total ? Minimum : Minimum + (Peak - Minimum) * (1 - fallen);
    }
}
