using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;

namespace Inheritune.Tests.Growth;

/// <summary>One case of inherit.json: an operation in words, and what it must give.</summary>
internal sealed class InheritCase(string folder, JsonElement models, JsonElement json)
{
    public JsonElement Json { get; } = json;

    public string Name => Json.GetProperty("name").GetString()!;

    public List<(string Source, int Index, bool IsZeroOutputs)> BlockMap =>
        [.. Json.GetProperty("block_map").EnumerateArray().Select(
            entry => (entry[0].GetString()!, entry[1].GetInt32(), entry.GetArrayLength() == 3))];

    public List<int[]> InputIds =>
        [.. Models.GetProperty("input_ids").EnumerateArray().Select(ids => ids.EnumerateArray().Select(id => id.GetInt32()).ToArray())];

    private JsonElement Models => models.GetProperty(Json.GetProperty("family").GetString()!);

    public string Folder(string role) => Path.Combine(folder, Models.GetProperty(role).GetString()!);

    public InheritPlan Plan()
    {
        var operation = Json.GetProperty("operation");
        DecoderConfig reference = ModelFolder.ReadConfig(Folder("reference")), child = ModelFolder.ReadConfig(Folder("child"));
        int Number(string key) => operation.GetProperty(key).GetInt32();
        var compensation = Text(operation, "compensation", "scale") switch
        {
            "scale" => AttentionScaleCompensation.Scale,
            "query" => AttentionScaleCompensation.Query,
            _ => AttentionScaleCompensation.Off,
        };
        InheritPlan Inherit(LayerSelection selection) => InheritPlan.FromReference(reference, selection, Options(operation, compensation));
        var depth = reference.Layers;
        return operation.GetProperty("kind").GetString() switch
        {
            "first" => Inherit(LayerSelection.First(Number("layers"), depth)),
            "range" => Inherit(LayerSelection.Range(Number("from"), Number("to"), depth)),
            "list" => Inherit(LayerSelection.List(operation.GetProperty("blocks").EnumerateArray().Select(b => b.GetInt32()), depth)),
            "stride" => Inherit(LayerSelection.Stride(Number("from"), Number("step"), depth)),
            "append-next" => GrowthOperators.AppendNext(child, reference, Number("add"), compensation),
            "stack" => GrowthOperators.Stack(child, compensation),
            "interleave" => GrowthOperators.Interleave(child, compensation),
            "hybrid-stack" => GrowthOperators.HybridStack(reference, Number("blocks"), compensation),
            "midas" when Text(operation, "of", "child") == "reference" =>
                GrowthOperators.Midas(reference, ModelSource.Reference, Number("group"), compensation),
            "midas" => GrowthOperators.Midas(child, ModelSource.Child, Number("group"), compensation),
            "identity" => GrowthOperators.Identity(
                child, [.. operation.GetProperty("after").EnumerateArray().Select(b => b.GetInt32())], compensation),
            "random" => GrowthOperators.Random(child, Number("add"), compensation),
            var kind => throw new InvalidDataException($"operation '{kind}' is not known"),
        };
    }

    public Decoder Assemble(Device device, InheritPlan? plan = null)
    {
        using var reference = ModelFolder.Load(device, Folder("reference"));
        using var child = ModelFolder.Load(device, Folder("child"));
        using var fresh = ModelFolder.Load(device, Folder("fresh"));
        return ModelAssembler.Assemble(device, plan ?? Plan(), reference, child, 1, fresh);
    }

    private static InheritOptions Options(JsonElement operation, AttentionScaleCompensation compensation)
    {
        var options = operation.TryGetProperty("only_blocks", out var only) && only.GetBoolean()
            ? InheritOptions.BlocksOnly
            : new InheritOptions();
        return options with
        {
            Compensation = compensation,
            Mode = Text(operation, "mode", "") == "official-compat" ? InheritMode.OfficialCompat : InheritMode.Correct,
            Parts = Text(operation, "modules", "") switch
            {
                "attention" => BlockParts.Attention | BlockParts.Norm1,
                "mlp" => BlockParts.Mlp | BlockParts.Norm2,
                "without-norms" => BlockParts.Attention | BlockParts.Mlp,
                _ => BlockParts.All,
            },
        };
    }

    private static string Text(JsonElement json, string key, string fallback) =>
        json.TryGetProperty(key, out var value) ? value.GetString()! : fallback;
}
