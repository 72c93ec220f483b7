namespace Inheritune.Analysis;

/// <summary>
/// Findings of the lazy-layer analysis (arXiv:2404.08634). Layers count from 0; tables are [layer][head],
/// means over the sequences.
/// </summary>
internal sealed record LazyLayersResult
{
    /// <summary>Name of the model, for people.</summary>
    public string Model { get; init; } = "";

    /// <summary>L.</summary>
    public required int Layers { get; init; }

    /// <summary>NH.</summary>
    public required int Heads { get; init; }

    /// <summary>NKV.</summary>
    public required int KvHeads { get; init; }

    /// <summary>T.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Sequences averaged over.</summary>
    public required int Sequences { get; init; }

    /// <summary>What was asked for.</summary>
    public required LazyLayersOptions Options { get; init; }

    /// <summary>Ranks and masses, in the order of the levels asked for.</summary>
    public required IReadOnlyList<LevelResult> Levels { get; init; }

    /// <summary>Mean over rows of A[p, 0].</summary>
    public required double[][] SinkShare { get; init; }

    /// <summary>Share of column 0 in ‖A‖².</summary>
    public required double[][] SinkMass { get; init; }

    /// <summary>Mean over rows of −Σ A ln A, nats.</summary>
    public required double[][] Entropy { get; init; }

    /// <summary>Ranks at the verdict level of every sequence, [layer][head][sequence].</summary>
    public required int[][][] RankCounts { get; init; }

    /// <summary>The same for the mass.</summary>
    public required int[][][] MassCounts { get; init; }

    /// <summary>Gradient norms, or null if they were not asked for.</summary>
    public GradientNorms? Gradients { get; init; }

    /// <summary>The level by which layers are judged.</summary>
    public LevelResult Verdict => Levels.First(l => l.Level == Options.VerdictLevel);

    /// <summary>Layers whose largest rank is 1, within the tolerance.</summary>
    public int[] LazyLayers => LazyWithin(Options.Tolerance);

    /// <summary>Mean over all layers of the largest rank.</summary>
    public double AvgRank => Verdict.AvgRank(..);

    /// <summary>The same over layers L/2 .. L − 1.</summary>
    public double AvgRankOfLastHalf => Verdict.AvgRank((Layers / 2)..);

    /// <summary>A group of layers is lazy if the whole part of its AvgRank is 1.</summary>
    public bool IsLastHalfLazy => Math.Floor(AvgRankOfLastHalf) == 1;

    /// <summary>The finding in one sentence.</summary>
    public string Sentence => LazyLayers switch
    {
        [] => $"No lazy layer of {Layers}: the largest rank is above 1 everywhere (at {Options.VerdictLevel:0.##}).",
        var lazy => $"{lazy.Length} of {Layers} layers {(lazy.Length == 1 ? "is" : "are")} lazy: "
            + $"{string.Join(", ", lazy)} (largest rank {RankLimit} at {Options.VerdictLevel:0.##}).",
    };

    private string RankLimit => Options.Tolerance > 0 ? $"at most {1 + Options.Tolerance:0.##}" : "1";

    /// <summary>Layers whose largest rank is at most 1 + <paramref name="tolerance"/>.</summary>
    public int[] LazyWithin(double tolerance) =>
        [.. Enumerable.Range(0, Layers).Where(layer => Verdict.MaxRank[layer] <= 1 + tolerance)];
}
