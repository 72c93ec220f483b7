namespace Inheritune.Analysis;

/// <summary>Ranks and masses at one level, [layer][head], means over the sequences.</summary>
/// <param name="Level">τ and η.</param>
/// <param name="Rank">Approximate rank.</param>
/// <param name="Mass">Columns needed, the largest first.</param>
/// <param name="NaturalMass">Columns needed from the first on.</param>
/// <param name="BatchMeanRank">Rank of the mean matrix over the sequences, or null.</param>
internal sealed record LevelResult(
    double Level, double[][] Rank, double[][] Mass, double[][] NaturalMass, double[][]? BatchMeanRank)
{
    /// <summary>Largest rank of each layer's heads.</summary>
    public double[] MaxRank { get; } = Array.ConvertAll(Rank, heads => heads.Max());

    /// <summary>Mean mass of each layer's heads.</summary>
    public double[] AvgMass { get; } = Array.ConvertAll(Mass, heads => heads.Average());

    /// <summary>The same, columns in their own order.</summary>
    public double[] AvgNaturalMass { get; } = Array.ConvertAll(NaturalMass, heads => heads.Average());

    /// <summary>Largest rank of each layer's mean matrices, or null.</summary>
    public double[]? BatchMeanMaxRank { get; } =
        BatchMeanRank is null ? null : Array.ConvertAll(BatchMeanRank, heads => heads.Max());

    /// <summary>AvgRank of a group of layers: the mean of their largest ranks.</summary>
    public double AvgRank(Range layers) => MaxRank[layers].Average();
}
