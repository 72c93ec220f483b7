namespace Inheritune.Analysis;

/// <summary>
/// One layer in four numbers: largest rank, mean mass, mean sink share and mean entropy of its heads.
/// </summary>
internal sealed record LayerFacts(double MaxRank, double AvgMass, double SinkShare, double Entropy);
