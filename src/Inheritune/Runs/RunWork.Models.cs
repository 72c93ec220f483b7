using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tokenizers;
using Inheritune.Reports;

namespace Inheritune.Runs;

internal sealed partial class RunWork
{
    /// <inheritdoc/>
    public AnalysisResult Analyze(Stage stage) => throw new RunException("analysis: not in this build yet.");

    /// <inheritdoc/>
    public SampleResult? Sample(string model) => throw new RunException("samples: not in this build yet.");

    /// <summary>The model of a stage before its first step.</summary>
    private Decoder FirstModel(Stage stage, int vocabSize)
    {
        var model = new Decoder(device, TrainingSetup.Config(_values, stage.Layers, vocabSize));
        model.Initialize(ModelSeeds.Weights(_values.Long("seed"), stage.Kind));
        return stage.Kind == StageKind.Child ? throw new RunException("inherit: not in this build yet.") : model;
    }

    private void AddFiles(string checkpoint, Stage stage)
    {
        TokenizerFolder.Save(_text!.Tokenizer, checkpoint);
    }
}
