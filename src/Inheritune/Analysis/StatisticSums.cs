namespace Inheritune.Analysis;

/// <summary>Sums of the statistics of every head over the sequences seen so far.</summary>
internal sealed class StatisticSums
{
    private readonly int _levels, _verdict;
    private readonly List<int>[] _rankCounts, _massCounts;
    private readonly double[] _ranks, _masses, _naturalMasses, _sinks;
    private readonly int _layers, _heads;
    private int _sequences;

    public StatisticSums(int layers, int heads, LazyLayersOptions options)
    {
        (_layers, _heads, _levels) = (layers, heads, options.Levels.Count);
        _verdict = options.Levels.ToList().IndexOf(options.VerdictLevel);
        var cells = layers * heads;
        _ranks = new double[cells * _levels];
        _masses = new double[cells * _levels];
        _naturalMasses = new double[cells * _levels];
        _sinks = new double[cells * 3];
        _rankCounts = [.. Enumerable.Range(0, cells).Select(_ => new List<int>())];
        _massCounts = [.. Enumerable.Range(0, cells).Select(_ => new List<int>())];
    }

    /// <summary>Sequences seen so far.</summary>
    public int Sequences => _sequences;

    /// <summary>Counts sequences once all their layers are added.</summary>
    public void AddSequences(int count) => _sequences += count;

    /// <summary>Adds one layer of a batch; arrays are (B, NH, values).</summary>
    public void Add(int layer, int sequences, int[] ranks, int[] masses, int[] naturalMasses, float[] sinks)
    {
        for (var row = 0; row < sequences * _heads; row++)
        {
            var cell = layer * _heads + row % _heads;
            for (var level = 0; level < _levels; level++)
            {
                _ranks[cell * _levels + level] += ranks[row * _levels + level];
                _masses[cell * _levels + level] += masses[row * _levels + level];
                _naturalMasses[cell * _levels + level] += naturalMasses[row * _levels + level];
            }

            for (var i = 0; i < 3; i++)
            {
                _sinks[cell * 3 + i] += sinks[row * 3 + i];
            }

            _rankCounts[cell].Add(ranks[row * _levels + _verdict]);
            _massCounts[cell].Add(masses[row * _levels + _verdict]);
        }
    }

    /// <summary>Mean ranks at a level.</summary>
    public double[][] Ranks(int level) => Means(_ranks, _levels, level);

    /// <summary>Mean masses at a level.</summary>
    public double[][] Masses(int level) => Means(_masses, _levels, level);

    /// <summary>Mean masses in natural order at a level.</summary>
    public double[][] NaturalMasses(int level) => Means(_naturalMasses, _levels, level);

    /// <summary>Mean sink share (0), sink mass (1) or entropy (2).</summary>
    public double[][] Sinks(int index) => Means(_sinks, 3, index);

    /// <summary>Ranks at the verdict level of every sequence.</summary>
    public int[][][] RankCounts() => Table(cell => _rankCounts[cell].ToArray());

    /// <summary>Masses at the verdict level of every sequence.</summary>
    public int[][][] MassCounts() => Table(cell => _massCounts[cell].ToArray());

    private double[][] Means(double[] sums, int stride, int index) =>
        Table(cell => sums[cell * stride + index] / _sequences);

    private TValue[][] Table<TValue>(Func<int, TValue> value) =>
        [.. Enumerable.Range(0, _layers).Select(
            layer => Enumerable.Range(0, _heads).Select(head => value(layer * _heads + head)).ToArray())];
}
