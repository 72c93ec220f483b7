using System.Text;
using System.Text.Json;
using Inheritune.Analysis;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Files;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune logits: what a model computes for given tokens, as numbers to compare.</summary>
internal static class LogitsCommand
{
    private const long MaxBytes = 64 << 20;

    private static readonly OptionSpec Tokens = OptionSpec.Path(
        "tokens", "", "JSON file with token ids: one list, a list of lists, or an object with input_ids");

    private static readonly OptionSpec Rows = OptionSpec.Choice(
        "logits", "all", ["all", "last", "none"], "Positions whose logits are written");

    private static readonly OptionSpec Gradients = OptionSpec.Switch(
        "gradients", "Also the gradient of the loss, summarised per tensor of the model's own file");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "logits",
        "Show logits, log-probabilities, loss and gradients of given tokens as JSON.",
        [
            CommonOptions.Model, Tokens, Rows, Gradients, CommonOptions.Out("", "File to write; empty: the terminal"),
            .. RecipeOptions.Machine,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var folder = ModelPath.Resolve(values.RequiredPath("model"), "--model");
        var path = values.RequiredPath("tokens");
        var sequences = Read(path);
        using var device = Machine.Open(values);
        using var model = ModelFolder.Load(device, folder, new ModelLoadOptions { Warn = session.Notes.WriteLine });
        var scores = TokenScores.Compute(model, sequences, values.IsOn("gradients"), session.Stop);
        var json = scores.ToJson(values.Text("logits"));
        if (values.Text("out") is { Length: > 0 } output)
        {
            AtomicFile.WriteAllText(output, json);
            session.Out.WriteLine($"written: {output}");
        }
        else
        {
            session.Out.Write(json);
        }

        return 0;
    }

    private static List<int[]> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new RunException($"--tokens: {path}: expected a JSON file with token ids, got nothing.");
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new RunException($"--tokens: {path}: expected at most {MaxBytes} bytes. Give fewer tokens.");
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path, Encoding.UTF8));
            var root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("input_ids", out var ids))
            {
                root = ids;
            }

            var isNested = root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0
                && root[0].ValueKind == JsonValueKind.Array;
            List<int[]> sequences = isNested ? [.. root.EnumerateArray().Select(Sequence)] : [Sequence(root)];
            return sequences.TrueForAll(sequence => sequence.Length > 0)
                ? sequences
                : throw new RunException($"--tokens: {path}: expected at least one token per sequence, got none.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new RunException(
                $"--tokens: {path}: expected token ids, as in [1, 2, 3] or [[1, 2], [3, 4]]: {exception.Message}");
        }
    }

    private static int[] Sequence(JsonElement list) => [.. list.EnumerateArray().Select(id => id.GetInt32())];
}
