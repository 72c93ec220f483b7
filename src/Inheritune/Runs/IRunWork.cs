using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>
/// What the stages of a run do. The loop above it only decides what comes next and records it.
/// </summary>
internal interface IRunWork
{
    /// <summary>Text to shards and tokenizer.</summary>
    DataResult PrepareData();

    /// <summary>Trains the model of a stage, going on where an earlier session was.</summary>
    ModelResult Train(Stage stage);

    /// <summary>Finds the lazy layers of a trained model.</summary>
    AnalysisResult Analyze(Stage stage);

    /// <summary>
    /// Losses of a trained model on the first batches kept for decisions; every model gets the same ones.
    /// </summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="batches">How many batches, at most <see cref="DecisionBatches"/>.</param>
    IReadOnlyList<double> DecisionLosses(string model, int batches);

    /// <summary>Batches there are for decisions.</summary>
    int DecisionBatches { get; }

    /// <summary>Losses of a trained model on the batches kept for the end.</summary>
    IReadOnlyList<double> FinalLosses(string model);

    /// <summary>Lets a trained model write; null when no samples are asked for.</summary>
    SampleResult? Sample(string model);
}
