using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Recipes;

namespace Inheritune.Commands;

/// <summary>What inherit and grow share: options of a plan, and the folder of the new model.</summary>
internal static class NewModel
{
    /// <summary>What to take over.</summary>
    public static InheritOptions Options(OptionValues values)
    {
        var keep = values.Words(CommonOptions.Keep.Name);
        return new InheritOptions
        {
            Mode = values.Text("inherit-mode") == "official" ? InheritMode.OfficialCompat
                : InheritMode.Correct,
            Parts = values.Words("parts").Aggregate(BlockParts.None, (sum, part) => sum | part switch
            {
                "attention" => BlockParts.Attention,
                "mlp" => BlockParts.Mlp,
                _ => BlockParts.Norms,
            }),
            TokenEmbedding = keep.Contains("embedding", StringComparer.Ordinal),
            PositionEmbedding = keep.Contains("positions", StringComparer.Ordinal),
            FinalNorm = keep.Contains("final-norm", StringComparer.Ordinal),
            Head = keep.Contains("head", StringComparer.Ordinal),
            Compensation = Compensation(values),
        };
    }

    /// <summary>What happens to the attention scale of a block that moves.</summary>
    public static AttentionScaleCompensation Compensation(OptionValues values) =>
        values.Text(CommonOptions.Compensation.Name) switch
        {
            "query" => AttentionScaleCompensation.Query,
            "off" => AttentionScaleCompensation.Off,
            _ => AttentionScaleCompensation.Scale,
        };

    /// <summary>A folder that holds nothing yet.</summary>
    public static string RequireFree(string folder) =>
        File.Exists(folder)
            || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            ? throw new RunException(
                $"--out: {folder}: expected a new or empty folder, got one with files. Choose another.")
            : folder;

    /// <summary>Writes model, lineage, tokenizer and generation settings as one folder: whole or not at all.</summary>
    public static void Save(
        Decoder model, string folder, Lineage lineage, string source, OptionValues values) =>
        AtomicFolder.Write(folder, temporary =>
        {
            var options = ModelSaveOptions.As(source);
            var dtype = values.Text(CommonOptions.DType.Name);
            ModelFolder.Save(model, temporary, dtype == "keep" ? options : options with { DType = dtype });
            lineage.Write(temporary);
            ModelCompanions.Write(source, temporary);
        });
}
