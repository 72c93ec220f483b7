using System.Globalization;
using System.Text;
using Inheritune.Analysis;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;
using Inheritune.Terminal;

namespace Inheritune.Commands;

/// <summary>inheritune analyze: lazy layers of any checkpoint.</summary>
internal static class AnalyzeCommand
{
    private static readonly OptionSpec Data = OptionSpec.Path("data", "",
        "Folder made by prepare, a token file (.bin) or a text file; empty: the data of the model's run");

    private static readonly OptionSpec Levels = new(
        "levels", OptionKind.Numbers, "0.8,0.9,0.95", "Shares that ranks and masses explain")
    {
        Minimum = 0,
        Maximum = 1,
    };

    private static readonly OptionSpec Tolerance =
        OptionSpec.Number(
            "lazy-tolerance", 0, 0, 10, "", "A layer is lazy if its largest rank is at most 1 plus this");

    private static readonly OptionSpec Mask = OptionSpec.Choice("causal-mask", "on", ["on", "off"],
        "Analyse the causal matrices the model uses, or the same queries and keys without the mask");

    private static readonly OptionSpec Gradients =
        OptionSpec.Choice("gradients", "on", ["on", "off"], "Also the gradient norms of W_q and W_k");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "analyze",
        "Find lazy layers: rank and mass of every head's attention.",
        [
            CommonOptions.Model, Data,
            CommonOptions.Out("analysis", "Folder for analysis.json, .csv and .html"),
            CommonOptions.Tokenizer, RecipeOptions.AnalysisSequences, RecipeOptions.AnalysisLength,
            RecipeOptions.AnalysisLevel, Levels, Tolerance, Mask, Gradients, .. RecipeOptions.Machine,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var asked = values.RequiredPath("model");
        var folder = ModelPath.Resolve(asked, "--model");
        var config = ModelFolder.ReadConfig(folder);
        var sequences = Sequences(values, asked, folder, config);
        using var device = Machine.Open(values);
        using var model = ModelFolder.Load(device, folder);
        double level = values.Number("analysis-level");
        var options = new LazyLayersOptions
        {
            Levels = [.. values.Numbers("levels").Append(level).Distinct().Order()],
            VerdictLevel = level,
            Tolerance = values.Number("lazy-tolerance"),
            Causal = values.IsOn("causal-mask"),
            Gradients = values.IsOn("gradients"),
        };
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(asked)));
        var result = LazyLayers.Analyze(model, sequences, options, null, session.Stop) with { Model = name };
        Write(values.RequiredPath("out"), name, result);
        Show(result, session);
        session.Out.WriteLine(
            $"written: {Path.Combine(values.Text("out"), "analysis.html")}, analysis.json, analysis.csv");
        return 0;
    }

    private static List<int[]> Sequences(
        OptionValues values, string asked, string folder, DecoderConfig config)
    {
        int count = values.Int("analysis-sequences");
        int length = Math.Min(values.Int("analysis-length"), config.MaxPositions);
        var data = values.Text("data");
        if (data.Length == 0)
        {
            data = new[] { asked, Path.Combine(asked, ".."), Path.Combine(asked, "..", ".."),
                Path.Combine(asked, "..", "..", "..") }
                .Select(d => Path.Combine(d, "data"))
                .FirstOrDefault(PreparedText.IsPrepared)
                ?? throw new RunException(
                    $"--data: found no prepared text near {asked}. Give a folder made by prepare, a token "
                        + "file or a text file.");
        }

        if (PreparedText.IsPrepared(data))
        {
            using var text = PreparedText.Open(data, config.VocabSize);
            return AttentionAnalysis.Sequences(text.Validation, count, length);
        }

        if (data.EndsWith(".bin", StringComparison.OrdinalIgnoreCase))
        {
            using var shard = TokenShard.Open(data, config.VocabSize);
            return AttentionAnalysis.Sequences(shard, count, length);
        }

        return FromText(data, ModelPath.Tokenizer(values, folder), count, length);
    }

    private static List<int[]> FromText(
        string path, Engine.Tokenizers.TextTokenizer tokenizer, int count, int length)
    {
        var ids = new List<int>();
        foreach (var document in Corpus.Documents(new CorpusOptions { Paths = [path] }))
        {
            tokenizer.EncodeUtf8(Encoding.UTF8.GetBytes(document), ids);
            if (ids.Count >= (long)count * length)
            {
                break;
            }
        }

        var sequences = ids.Chunk(length).Where(c => c.Length == length).Take(count).ToList();
        return sequences.Count > 0
            ? sequences
            : throw new RunException(
                $"--data: {path}: expected at least {length} tokens, got {ids.Count}. Give more text.");
    }

    private static void Write(string folder, string name, LazyLayersResult result)
    {
        LazyLayersFile.WriteJson(Path.Combine(folder, "analysis.json"), result);
        LazyLayersFile.WriteCsv(Path.Combine(folder, "analysis.csv"), result);
        AtomicFile.WriteAllText(
            Path.Combine(folder, "analysis.html"),
            RunReport.RenderAnalysis(AttentionAnalysis.Summary(name, result)));
    }

    private static void Show(LazyLayersResult result, Session session)
    {
        string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);
        TableView.Show(
            session,
            ["layer", "largest rank", "mean mass", "sink share", "entropy"],
            Enumerable.Range(0, result.Layers).Select(l => (IReadOnlyList<string>)
            [
                $"{l}", Number(result.Verdict.MaxRank[l]), Number(result.Verdict.AvgMass[l]),
                Number(result.SinkShare[l].Average()), Number(result.Entropy[l].Average()),
            ]));
        session.Out.WriteLine($"{result.Sentence} AvgRank {Number(result.AvgRank)}, last half "
            + $"{Number(result.AvgRankOfLastHalf)}.");
    }
}
