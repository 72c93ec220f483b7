namespace Inheritune.Reports;

/// <summary>Rank and mass of one model's attention, by layer and head.</summary>
internal sealed record AnalysisResult
{
    /// <summary>The model.</summary>
    public string Model { get; init; } = "";

    /// <summary>T of the analysed matrices.</summary>
    public int SequenceLength { get; init; }

    /// <summary>Sequences averaged over.</summary>
    public int Sequences { get; init; }

    /// <summary>Approximate rank, [layer][head].</summary>
    public List<List<double>> Rank { get; init; } = [];

    /// <summary>Attention mass in columns, [layer][head].</summary>
    public List<List<double>> Mass { get; init; } = [];

    /// <summary>Share of attention on the first token, [layer][head].</summary>
    public List<List<double>> Sink { get; init; } = [];

    /// <summary>Layers whose largest rank is 1.</summary>
    public List<int> LazyLayers { get; init; } = [];

    /// <summary>The finding in one sentence.</summary>
    public string Verdict { get; init; } = "";
}
