using Inheritune.Reports;
using Inheritune.Runs;

namespace Inheritune.Tests.Runs;

/// <summary>Models whose losses are a formula of their depth.</summary>
internal sealed class FakeWork(Func<string, int, double> lossOf) : IRunWork, IRunStore
{
    public List<string> Did { get; } = [];

    public List<string> Saved { get; } = [];

    /// <summary>Name of a stage that fails once.</summary>
    public string? FailsAt { get; set; }

    public int DecisionBatches { get; init; } = 64;

    public DataResult PrepareData()
    {
        Do("data");
        return new DataResult
        {
            Source = "fake",
            TrainTokens = 1000,
            ValidationTokens = 100,
            VocabSize =
            300
        };
    }

    public ModelResult Train(Stage stage)
    {
        Do(stage.Name);
        return new ModelResult
        {
            Name = stage.Model,
            Role = stage.Kind == StageKind.Reference ? "reference" : stage.Kind == StageKind.Child ? "child"
                : "baseline",
            Layers = stage.Layers,
            Parameters = stage.Layers * 100,
            Steps = stage.Steps,
            Tokens = stage.Steps * 10,
            Seconds = stage.Steps,
            Validation = [new CurvePoint(0, 7), new CurvePoint(stage.Steps, lossOf(stage.Model, 0))],
        };
    }

    public AnalysisResult Analyze(Stage stage)
    {
        Do(stage.Name);
        return new AnalysisResult
        {
            Model = stage.Model,
            SequenceLength = 100,
            Sequences = 4,
            Rank = [[3, 4], [1, 1]],
            Mass = [[5, 6], [1, 1]],
            Sink = [[0.1, 0.2], [1, 1]],
            LazyLayers = [1],
            Verdict = "layer 1 is lazy",
        };
    }

    public IReadOnlyList<double> DecisionLosses(string model, int batches) =>
        [.. Enumerable.Range(0, batches).Select(i => lossOf(model, i))];

    public IReadOnlyList<double> FinalLosses(string model) =>
        [.. Enumerable.Range(1000, 8).Select(i => lossOf(model, i))];

    public SampleResult? Sample(string model) => new(model, "Returns", " <b>the</b> value");

    public void Save(RunResult result) => Saved.Add(string.Join(',', result.Stages));

    private void Do(string name)
    {
        Did.Add(name);
        if (FailsAt == name)
        {
            FailsAt = null;
            throw new IOException("no power");
        }
    }
}
