namespace Inheritune.Engine.Data;

/// <summary>Random bits as a function of a seed and a counter.</summary>
internal static class CounterRandom
{
    /// <summary>
    /// 64 bits for draw number <paramref name="index"/>: two rounds of SplitMix64's finaliser
    /// (doi:10.1145/2714064.2660195).
    /// </summary>
    public static ulong Bits(ulong seed, ulong index) =>
        Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (index * 0x9E3779B97F4A7C15));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
