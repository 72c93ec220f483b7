using System.Text.Json.Nodes;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// Rotary positions in config.json: older keys side by side, newer ones inside "rope_parameters", which wins.
/// Written are the older ones, which every version of the transformers library reads.
/// </summary>
internal static class RopeKeys
{
    private const string Newer = "rope_parameters", Older = "rope_scaling";

    /// <summary>Base of the frequencies.</summary>
    /// <param name="json">config.json.</param>
    /// <param name="key">Its older key.</param>
    public static double Base(ConfigReader json, string key) =>
        json.Object(Newer) is { } rope && rope.Has("rope_theta") ? rope.Positive("rope_theta") : json.Positive(key, 10000);

    /// <summary>Change of the frequencies.</summary>
    /// <exception cref="CheckpointException">Its kind is not supported; the text names it.</exception>
    public static RopeScaling Scaling(ConfigReader json)
    {
        if ((json.Object(Newer) ?? json.Object(Older)) is not { } rope)
        {
            return new RopeScaling(RopeScalingKind.None);
        }

        var kind = rope.Has("rope_type") ? rope.Text("rope_type") : rope.Text("type", "default");
        return kind switch
        {
            "default" => new RopeScaling(RopeScalingKind.None),
            "linear" => new RopeScaling(RopeScalingKind.Linear, rope.Positive("factor")),
            "dynamic" => new RopeScaling(RopeScalingKind.Dynamic, rope.Positive("factor")),
            "llama3" => new RopeScaling(
                RopeScalingKind.Llama3, rope.Positive("factor"), rope.Positive("low_freq_factor"),
                rope.Positive("high_freq_factor"), rope.Size("original_max_position_embeddings")),
            _ => throw new CheckpointException(
                $"{rope.File}: rope scaling '{kind}' is not supported: expected default, linear, dynamic or "
                + "llama3."),
        };
    }

    /// <summary>Writes base and scaling.</summary>
    public static void Write(DecoderConfig config, ConfigWriter json, string baseKey)
    {
        json.Remove(Newer);
        json.Set(baseKey, config.RotaryBase);
        json.Set(Older, ToJson(config.RopeScaling));
    }

    private static JsonObject? ToJson(RopeScaling scaling) => scaling.Kind switch
    {
        RopeScalingKind.None => null,
        RopeScalingKind.Linear or RopeScalingKind.Dynamic => new JsonObject
        {
            ["rope_type"] = scaling.Kind == RopeScalingKind.Linear ? "linear" : "dynamic",
            ["factor"] = ConfigWriter.Float(scaling.Factor),
        },
        _ => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = ConfigWriter.Float(scaling.Factor),
            ["low_freq_factor"] = ConfigWriter.Float(scaling.LowFrequencyFactor),
            ["high_freq_factor"] = ConfigWriter.Float(scaling.HighFrequencyFactor),
            ["original_max_position_embeddings"] = scaling.OriginalMaxPositions,
        },
    };
}
