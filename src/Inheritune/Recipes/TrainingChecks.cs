using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>Contradictions between the options of a training.</summary>
internal static class TrainingChecks
{
    /// <summary>Throws at the first contradiction.</summary>
    /// <exception cref="UsageException">Two options contradict each other.</exception>
    public static void Check(OptionValues values)
    {
        long steps = values.Long("steps");
        long warmup = values.Long("warmup");
        if (warmup > steps)
        {
            // A warm-up that nobody chose shrinks with the steps that somebody did choose.
            if (values.IsGiven("warmup"))
            {
                throw new UsageException(
                    $"--warmup: expected at most {steps} (--steps), got {warmup}. Lower --warmup.");
            }

            values.SetResolved("warmup", Math.Max(0, steps / 10));
        }

        long decay = values.Long("decay-steps");
        if (decay > steps - values.Long("warmup"))
        {
            throw new UsageException(
                $"--decay-steps: expected at most {steps - values.Long("warmup")} (--steps minus --warmup), "
                    + $"got {decay}.");
        }

        double peak = values.Number("learning-rate");
        double minimum = values.Number("min-learning-rate");
        if (minimum > peak)
        {
            if (values.IsGiven("min-learning-rate"))
            {
                throw new UsageException(
                    $"--min-learning-rate: expected at most {peak:R} (--learning-rate), got {minimum:R}.");
            }

            values.SetResolved("min-learning-rate", peak / 10);
        }
    }
}
