using Inheritune.Analysis;
using Inheritune.Reports;

namespace Inheritune.Runs;

internal sealed partial class RunWork
{
    /// <inheritdoc/>
    public AnalysisResult Analyze(Stage stage)
    {
        var text = OpenText();
        int length = Math.Min(_values.Int("analysis-length"), _values.Int("seq"));
        double level = _values.Number("analysis-level");
        var sequences = AttentionAnalysis.Sequences(
            text.Validation, _values.Int("analysis-sequences"), length);
        using var model = LoadTrained(stage.Model);
        var result = LazyLayers.Analyze(
            model, sequences, new LazyLayersOptions { Levels = [level], VerdictLevel = level }, null,
            session.Stop)
            with
        { Model = stage.Model };
        LazyLayersFile.WriteJson(folder.In("analysis", stage.Model + ".json"), result);
        LazyLayersFile.WriteCsv(folder.In("analysis", stage.Model + ".csv"), result);
        return AttentionAnalysis.Summary(stage.Model, result);
    }
}
