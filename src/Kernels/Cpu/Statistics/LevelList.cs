namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>Up to 16 levels, and the counting that compares cumulative shares with them.</summary>
internal unsafe struct LevelList
{
    /// <summary>
    /// Share of the total by which a sum may miss a level: ties at exactly 0.9 must not flip on rounding.
    /// </summary>
    public const double Slack = 1e-12;

    private fixed double _levels[16];

    public LevelList(ReadOnlySpan<double> levels)
    {
        Count = levels.Length;
        for (var i = 0; i < levels.Length; i++)
        {
            _levels[i] = levels[i];
        }
    }

    /// <summary>Number of levels.</summary>
    public int Count { get; }

    /// <summary>
    /// For each level the smallest k of 1..n whose first k shares sum to at least the level times the total,
    /// within the slack; 0 if a share is not finite.
    /// </summary>
    public readonly void CountShares(int* counts, double* shares, int n)
    {
        var total = 0.0;
        for (var i = 0; i < n; i++)
        {
            total += shares[i];
        }

        for (var level = 0; level < Count; level++)
        {
            var needed = (_levels[level] - Slack) * total;
            var (k, sum) = (0, 0.0);
            do
            {
                sum += shares[k++];
            }
            while (sum < needed && k < n);
            counts[level] = double.IsFinite(total) ? k : 0;
        }
    }
}
