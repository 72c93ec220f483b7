namespace Inheritune.Bench;

/// <summary>What a peer gave: its rates in MB/s and a hash of its ids, or why it was not measured.</summary>
internal sealed record TokenizerRate(string Name, List<double> Rates, long Count, uint Hash, string? Error);
