namespace Inheritune.Engine.Training;

/// <summary>
/// Learning rate as a function of the 0-based step, used by the update that ends this step.
/// </summary>
public abstract record Schedule
{
    /// <summary>The rate at step s = <paramref name="step"/>.</summary>
    public abstract double Rate(long step);

    /// <summary>Throws if the numbers contradict each other.</summary>
    /// <exception cref="TrainingException">The first one that does.</exception>
    public abstract void Validate();

    private protected static void Require(bool condition, string option, string expected, double got)
    {
        if (!condition)
        {
            throw new TrainingException(
                FormattableString.Invariant($"schedule: {option}: expected {expected}, got {got}."));
        }
    }
}
