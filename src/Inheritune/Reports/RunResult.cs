using System.Text.Json.Nodes;

namespace Inheritune.Reports;

/// <summary>All numbers of a run: the file result.json, and what a report is made of.</summary>
internal sealed record RunResult
{
    /// <summary>Version of the layout of this file.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Name of the run's folder.</summary>
    public string Name { get; init; } = "";

    /// <summary>The resolved recipe, one member per option.</summary>
    public JsonObject Recipe { get; init; } = [];

    /// <summary>Stages done, in order.</summary>
    public List<string> Stages { get; init; } = [];

    /// <summary>Where it ran.</summary>
    public MachineResult Machine { get; set; } = new();

    /// <summary>What it learned from.</summary>
    public DataResult? Data { get; set; }

    /// <summary>Models in the order of their training.</summary>
    public List<ModelResult> Models { get; init; } = [];

    /// <summary>Rounds and their decisions.</summary>
    public List<RoundResult> Rounds { get; init; } = [];

    /// <summary>Lazy-layer analyses.</summary>
    public List<AnalysisResult> Analyses { get; init; } = [];

    /// <summary>Text the models wrote.</summary>
    public List<SampleResult> Samples { get; init; } = [];
}
