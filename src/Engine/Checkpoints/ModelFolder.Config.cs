using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inheritune.Engine.Checkpoints.Families;
using Inheritune.Engine.Files;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints;

public static partial class ModelFolder
{
    /// <summary>
    /// Key of config.json for attention scales that differ from the family's rule: one divisor per block.
    /// </summary>
    public const string ScaleDivisorsKey = "inheritune_scale_divisors";

    /// <summary>Name of the configuration file.</summary>
    public const string ConfigName = "config.json";

    private const int MaxLayers = 10_000;

    /// <summary>Reads and checks the configuration of a model folder.</summary>
    /// <exception cref="UnknownModelTypeException">The model type has no adapter.</exception>
    /// <exception cref="CheckpointException">
    /// The file is missing or damaged, or a value is wrong; the text names the key.
    /// </exception>
    public static DecoderConfig ReadConfig(string folder)
    {
        if (ForeignModel.IsAt(folder))
        {
            return ForeignModel.ReadConfig(folder);
        }

        var path = Path.Combine(folder, ConfigName);
        using var document = CheckpointJson.Read(path);
        try
        {
            return ReadConfig(path, new ConfigReader(path, document.RootElement));
        }
        catch (Exception exception) when (exception is ModelException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            throw new CheckpointException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// config.json as it is, for <see cref="ModelSaveOptions.SourceConfig"/>; empty for the model of another
    /// program.
    /// </summary>
    /// <exception cref="CheckpointException">The file is missing or damaged.</exception>
    public static JsonObject ReadConfigJson(string folder)
    {
        if (ForeignModel.IsAt(folder))
        {
            return [];
        }

        using var document = CheckpointJson.Read(Path.Combine(folder, ConfigName));
        return (JsonObject)JsonNode.Parse(document.RootElement.GetRawText())!;
    }

    /// <summary>The configuration as config.json.</summary>
    /// <exception cref="CheckpointException">The family cannot express a field.</exception>
    internal static JsonObject ConfigJson(DecoderConfig config, ModelSaveOptions options)
    {
        var family = ModelFamilies.Get(config.Family, "Export");
        var isSameFamily = options.SourceConfig?["model_type"] is JsonValue type
            && type.TryGetValue<string>(out var name) && name == config.Family;
        var root = isSameFamily ? (JsonObject)options.SourceConfig!.DeepClone() : [];
        var json = new ConfigWriter(root, options.EndOfText);
        family.Write(config, json);
        ExportCheck.Require(family, config, root);
        WarnOfTransformers(family, config, options);
        json.Set("model_type", family.ModelType);
        json.Set("architectures", new JsonArray(JsonValue.Create(family.Architecture)));
        json.Remove("dtype");
        json.Set("torch_dtype", options.DType switch { "BF16" => "bfloat16", "F16" => "float16", _ => "float32" });
        json.Remove(ScaleDivisorsKey);
        if (options.ScaleExport == ScaleExport.Key && !AttentionDivisors.FollowRule(config))
        {
            json.Set(ScaleDivisorsKey, new JsonArray(
                [.. config.ScaleDivisors!.Select(divisor => ConfigWriter.Float(divisor))]));
        }

        return root;
    }

    private static void WarnOfTransformers(ModelFamily family, DecoderConfig config, ModelSaveOptions options)
    {
        string[] ignored = [.. family.NotInTransformers(config)];
        if (ignored.Length == 0)
        {
            return;
        }

        var text = $"Export as {family.ModelType}: the class {family.Architecture} of the transformers library ignores "
            + $"{string.Join(", ", ignored)}: it would compute something else.";
        if (options.RequireTransformers)
        {
            throw new CheckpointException(text);
        }

        options.Warn?.Invoke(text);
    }

    private static DecoderConfig ReadConfig(string path, ConfigReader json)
    {
        var config = ModelFamilies.Get(json.Text("model_type"), path).Read(json);
        RequireConsistent(path, config);
        if (json.PositiveNumbers(ScaleDivisorsKey) is { } divisors)
        {
            config = divisors.Length == config.Layers
                ? config with { ScaleDivisors = divisors }
                : throw new CheckpointException(
                    $"{path}: {ScaleDivisorsKey}: expected {config.Layers} numbers, one per block, got "
                    + $"{divisors.Length}.");
        }

        config.Validate();
        return config;
    }

    private static void WriteJson(string path, JsonObject root)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            foreach (var (key, value) in root.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WritePropertyName(key);
                if (value is null)
                {
                    writer.WriteNullValue();
                }
                else
                {
                    value.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        AtomicFile.WriteAllBytes(path, buffer.WrittenSpan);
    }

    internal static void RequireConsistent(string path, DecoderConfig config)
    {
        void Require(bool condition, string text)
        {
            if (!condition)
            {
                throw new CheckpointException($"{path}: {text}");
            }
        }

        Require(config.Layers <= MaxLayers, $"layers: expected at most {MaxLayers}, got {config.Layers}.");
        Require(config.Heads % config.NKV == 0,
            $"key/value heads: expected a divisor of the {config.Heads} query heads, got {config.NKV}.");
        Require(config.HeadDim != 0 || config.Hidden % config.Heads == 0,
            $"heads: expected a divisor of the hidden size {config.Hidden}, got {config.Heads}.");
        Require(config.Position != PositionKind.Rotary || (config.R % 2 == 0 && config.R >= 2 && config.R <= config.HS),
            $"rotary dimensions: expected an even number from 2 to the head size {config.HS}, got "
            + $"{config.R}.");
        Require(config.PadRow < config.VocabSize,
            $"pad_token_id: expected an id below the vocabulary size {config.VocabSize}, got "
            + $"{config.PadRow}.");
        var block = (Int128)config.Hidden * config.HS * (2 * (Int128)config.Heads + 2 * config.NKV)
            + (Int128)3 * config.Hidden * config.F;
        var total = block * config.Layers + ((Int128)2 * config.VocabSize + config.MaxPositions) * config.Hidden;
        Require(total < long.MaxValue / 16, $"model size: {total} parameters do not fit into 64-bit sizes.");
    }
}
