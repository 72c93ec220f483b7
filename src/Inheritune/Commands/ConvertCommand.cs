using System.Globalization;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;
using Inheritune.Terminal;

namespace Inheritune.Commands;

/// <summary>inheritune convert: a model in another layout, element type or number of files.</summary>
internal static class ConvertCommand
{
    private static readonly OptionSpec To = OptionSpec.Choice(
        "to", "hf", ["hf", "llmc"],
        "hf: a folder that transformers loads; llmc: a model file of llm.c (GPT-2 in F32 or BF16)");

    private static readonly OptionSpec DType = OptionSpec.Choice(
        "dtype", "keep", ["keep", "F32", "BF16", "F16"], "Element type of the weights; keep: that of the source");

    private static readonly OptionSpec MaxShardSize = OptionSpec.Text(
        "max-shard-size", "5GB", "Most tensor bytes of one file: a number with KB, MB or GB");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "convert",
        "Rewrite a model of transformers, PyTorch, nanoGPT or llm.c in another layout or element type.",
        [CommonOptions.Model, CommonOptions.Out("", "Folder or file to write"), To, DType, MaxShardSize],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var source = ModelPath.Resolve(values.RequiredPath("model"), "--model");
        var output = values.RequiredPath("out");
        var isFile = values.Text("to") == "llmc";
        if (isFile && (Directory.Exists(output) || Path.EndsInDirectorySeparator(output)))
        {
            output = Path.Combine(output, "model.bin");
        }

        if (isFile && File.Exists(output))
        {
            throw new RunException($"--out: {output}: expected a new file, got one that exists. Choose another.");
        }

        var options = new ConvertOptions
        {
            Source = source,
            Output = isFile ? output : NewModel.RequireFree(output),
            Layout = isFile ? ModelLayout.LlmC : ModelLayout.Transformers,
            DType = values.Text("dtype") == "keep" ? null : values.Text("dtype"),
            ShardBytes = Size(values.Text("max-shard-size")),
            Warn = session.Notes.WriteLine,
        };
        var view = new ConvertView(session);
        var result = ModelConverter.Convert(options, view.Report, session.Stop);
        view.Finish();
        Show(session, result);
        session.Out.WriteLine($"written: {output}");
        return 0;
    }

    private static void Show(Session session, ConvertResult result) => TableView.Show(
        session, ["what", "value"],
        [
            ["model", $"{result.Family} from {result.SourceFormat}"],
            ["tensors", Format.Count(result.Tensors)],
            ["parameters", Format.Count(result.Parameters)],
            ["dtype", result.DType],
            ["bytes", Format.Count(result.Bytes)],
            ["files", string.Join(", ", result.Files)],
            ["read back", $"{Format.Count(result.ComparedElements)} elements equal the source in {result.DType}"],
            ["not finite", Format.Count(result.NonFinite)],
        ]);

    private static long Size(string text)
    {
        var unit = text.Length > 2 ? text[^2..].ToUpperInvariant() : "";
        var factor = unit switch { "KB" => 1_000L, "MB" => 1_000_000, "GB" => 1_000_000_000, _ => 0 };
        return factor > 0
            && double.TryParse(text[..^2], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number * factor < long.MaxValue
                ? (long)(number * factor)
                : throw new UsageException(
                    $"--max-shard-size: expected a number with KB, MB or GB, as in 5GB, got '{text}'.");
    }
}
