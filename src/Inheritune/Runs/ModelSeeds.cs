namespace Inheritune.Runs;

/// <summary>Seeds of a run's models, all from the run's one.</summary>
internal static class ModelSeeds
{
    /// <summary>
    /// Seed of the first weights: the baselines share one that differs from the reference's.
    /// </summary>
    public static ulong Weights(long seed, StageKind kind) =>
        Mix(seed, kind == StageKind.Baseline ? 2UL : 1UL);

    /// <summary>
    /// Seed of the batches. Carrying on, child k gets fresh batches; the baselines always read what the last
    /// child reads, so
    /// that the comparison is about the weights.
    /// </summary>
    public static ulong Batches(long seed, int round, bool carriesOn) =>
        Mix(seed, 100UL + (carriesOn ? (ulong)round : 0));

    /// <summary>Seed of a model's sample.</summary>
    public static ulong Sample(long seed) => Mix(seed, 3);

    /// <summary>SplitMix64: neighbouring inputs give unrelated outputs.</summary>
    private static ulong Mix(long seed, ulong stream)
    {
        unchecked
        {
            ulong z = ((ulong)seed * 0x9E3779B97F4A7C15UL) + (stream * 0xD1B54A32D192ED03UL)
                + 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }
}
