using System.Globalization;
using System.Text.Json.Nodes;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>Sets keys of config.json; what the imported file had besides stays.</summary>
internal sealed class ConfigWriter(JsonObject root, int? endOfText)
{
    /// <summary>The token that ends a text, where the caller knows it.</summary>
    public int? EndOfText { get; } = endOfText;

    public void Set(string key, int value) => root[key] = JsonValue.Create(value);

    public void Set(string key, double value) => root[key] = Float(value);

    public void Set(string key, bool value) => root[key] = JsonValue.Create(value);

    public void Set(string key, string value) => root[key] = JsonValue.Create(value);

    public void Set(string key, JsonNode? value) => root[key] = value;

    /// <summary>
    /// A number that reads back exactly and is a float for readers that tell 1 and 1.0 apart.
    /// </summary>
    public static JsonNode Float(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return JsonNode.Parse(text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0")!;
    }

    public void SetNull(string key) => root[key] = null;

    /// <summary>Sets a key that the imported file does not have; an imported value wins.</summary>
    public void SetDefault(string key, JsonNode? value)
    {
        if (!root.ContainsKey(key))
        {
            root[key] = value;
        }
    }

    /// <summary>Sets a token id, or null, where the imported file has neither.</summary>
    public void SetDefaultId(string key, int? id) => SetDefault(key, id is null ? null : JsonValue.Create(id.Value));

    /// <summary>Removes a key whose meaning another key carries.</summary>
    public void Remove(string key) => root.Remove(key);

    /// <summary>An activation; the imported spelling stays where it means the same.</summary>
    public void SetActivation(string key, Activation activation)
    {
        var name = activation switch
        {
            Activation.GeluTanh => "gelu_new",
            Activation.GeluErf => "gelu",
            Activation.Relu => "relu",
            Activation.Silu => "silu",
            _ => throw new CheckpointException(
                $"Export: activation {activation} has no name in config.json."),
        };
        var aliases = activation switch
        {
            Activation.GeluTanh => (string[])["gelu_pytorch_tanh", "gelu_fast"],
            Activation.GeluErf => ["gelu_python"],
            Activation.Silu => ["swish"],
            _ => [],
        };
        if (root[key] is not JsonValue old || !old.TryGetValue<string>(out var text) || !aliases.Contains(text))
        {
            Set(key, name);
        }
    }

    /// <summary>A whole number as one, other numbers as floats.</summary>
    public void SetNumber(string key, double value)
    {
        if (value == Math.Floor(value) && Math.Abs(value) < int.MaxValue)
        {
            Set(key, (int)value);
        }
        else
        {
            Set(key, value);
        }
    }

    /// <summary>A float, or null where it has no effect.</summary>
    public void SetOptional(string key, double value, double none) =>
        Set(key, value == none ? null : Float(value));

    /// <summary>A nested object; the imported one with its other keys, or a new one.</summary>
    public ConfigWriter Object(string key)
    {
        if (root[key] is not JsonObject nested)
        {
            root[key] = nested = [];
        }

        return new ConfigWriter(nested, EndOfText);
    }
}
