namespace Inheritune.Engine.Training;

/// <summary>
/// Goes on with a schedule that another run has begun: rate(s₀ + s), and with R steps of re-warming
/// rate(s₀ + s) · min(1, s / R).
/// </summary>
/// <param name="Inner">The schedule of the whole.</param>
/// <param name="Offset">s₀, steps done before.</param>
/// <param name="Rewarm">R; 0 for none.</param>
public sealed record ContinuedSchedule(Schedule Inner, long Offset, long Rewarm = 0) : Schedule
{
    /// <inheritdoc/>
    public override double Rate(long step)
    {
        var rate = Inner.Rate(Offset + step);
        return step < Rewarm ? rate * step / Rewarm : rate;
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        ArgumentNullException.ThrowIfNull(Inner);
        Inner.Validate();
        Require(Offset >= 0, "steps done before", "0 or more", Offset);
        Require(Rewarm >= 0, "re-warming steps", "0 or more", Rewarm);
    }
}
