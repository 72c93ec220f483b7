using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Files;

namespace Inheritune.Growth;

/// <summary>Where a model comes from: written beside its checkpoint as lineage.json.</summary>
internal sealed record Lineage
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "lineage.json";

    private const int Version = 1;

    /// <summary>What was done: "first 6", "append-next 2".</summary>
    public required string Operation { get; init; }

    /// <summary>Name of the reference, for people.</summary>
    public string? Reference { get; init; }

    /// <summary><see cref="ModelHash"/> of the reference.</summary>
    public string? ReferenceHash { get; init; }

    /// <summary><see cref="ModelHash"/> of the child that grew.</summary>
    public string? ChildHash { get; init; }

    /// <summary>"correct" or "official-compat".</summary>
    public string Mode { get; init; } = "correct";

    /// <summary>"scale", "query" or "off".</summary>
    public string Compensation { get; init; } = "scale";

    /// <summary>Per block: "reference 3", "child 0 zero-outputs", "fresh 0".</summary>
    public IReadOnlyList<string> BlockMap { get; init; } = [];

    /// <summary>Round of growth, from 1.</summary>
    public int Round { get; init; } = 1;

    /// <summary>Tokens the model was trained on since it was made.</summary>
    public long Tokens { get; init; }

    /// <summary>The record of a plan.</summary>
    public static Lineage From(
        InheritPlan plan, string? referenceHash, string? childHash = null, int round = 1) => new()
        {
            Operation = plan.Operation,
            ReferenceHash = referenceHash,
            ChildHash = childHash,
            Mode = plan.Mode == InheritMode.OfficialCompat ? "official-compat" : "correct",
            Compensation = InheritPlan.Name(plan.Compensation),
            BlockMap = [.. plan.Blocks.Select(Describe)],
            Round = round,
        };

    /// <summary>Writes lineage.json into a folder.</summary>
    public void Write(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, FileName), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("operation", Operation);
            json.WriteString("reference", Reference);
            json.WriteString("reference_hash", ReferenceHash);
            json.WriteString("child_hash", ChildHash);
            json.WriteString("mode", Mode);
            json.WriteString("compensation", Compensation);
            json.WriteStartArray("block_map");
            foreach (var block in BlockMap)
            {
                json.WriteStringValue(block);
            }

            json.WriteEndArray();
            json.WriteNumber("round", Round);
            json.WriteNumber("tokens", Tokens);
            json.WriteEndObject();
        });
    }

    /// <summary>Reads lineage.json of a folder; null where there is none.</summary>
    /// <exception cref="CheckpointException">The file is damaged or of a newer version.</exception>
    public static Lineage? TryRead(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            var version = root["version"]!.GetValue<int>();
            if (version != Version)
            {
                throw new CheckpointException(
                    $"{path}: version: expected {Version}, got {version}. A newer program wrote it.");
            }

            return new Lineage
            {
                Operation = root["operation"]!.GetValue<string>(),
                Reference = root["reference"]?.GetValue<string>(),
                ReferenceHash = root["reference_hash"]?.GetValue<string>(),
                ChildHash = root["child_hash"]?.GetValue<string>(),
                Mode = root["mode"]!.GetValue<string>(),
                Compensation = root["compensation"]!.GetValue<string>(),
                BlockMap = [.. root["block_map"]!.AsArray().Select(block => block!.GetValue<string>())],
                Round = root["round"]!.GetValue<int>(),
                Tokens = root["tokens"]!.GetValue<long>(),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException
            or NullReferenceException or ArgumentException)
        {
            throw new CheckpointException($"{path}: not a lineage record: {exception.Message}", exception);
        }
    }

    /// <summary>One entry of the block map: "child 0 zero-outputs".</summary>
    private static string Describe(BlockMove block) => string.Create(
        CultureInfo.InvariantCulture,
        $"{InheritPlan.Name(block.Source)} {block.Index}{(block.IsZeroOutputs ? " zero-outputs" : "")}");
}
