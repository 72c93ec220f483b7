using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// Typed access to config.json; null counts as absent, a wrong kind of value is an error with its key.
/// </summary>
internal sealed class ConfigReader(string file, JsonElement root)
{
    private static readonly JsonDocument NoKeys = JsonDocument.Parse("{}");

    /// <summary>Name for messages.</summary>
    public string File { get; } = file;

    /// <summary>An object without keys.</summary>
    public static ConfigReader Empty(string file) => new(file, NoKeys.RootElement);

    /// <summary>The value is a string.</summary>
    public bool IsText(string key) => TryGet(key, out var value) && value.ValueKind == JsonValueKind.String;

    /// <summary>The key is there and not null.</summary>
    public bool Has(string key) => TryGet(key, out _);

    /// <summary>A whole number from 1 on.</summary>
    public int Size(string key, int? fallback = null)
    {
        if (!TryGet(key, out var value))
        {
            return fallback ?? throw Missing(key);
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && number >= 1 && number <= int.MaxValue && number == Math.Floor(number)
            ? (int)number
            : throw Wrong(key, "a whole number from 1 to 2147483647", value);
    }

    /// <summary>A whole number from 0 on, or the fallback.</summary>
    public int Id(string key, int fallback)
    {
        if (!TryGet(key, out var value))
        {
            return fallback;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw Wrong(key, "a token id", value);
    }

    /// <summary>A finite number.</summary>
    public double Number(string key, double? fallback = null)
    {
        if (!TryGet(key, out var value))
        {
            return fallback ?? throw Missing(key);
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, "a number", value);
    }

    /// <summary>A finite number above 0.</summary>
    public double Positive(string key, double? fallback = null)
    {
        var number = Number(key, fallback);
        return number > 0 ? number : throw new CheckpointException(
            $"{File}: {key}: expected a number above 0, got {number}.");
    }

    /// <summary>true or false.</summary>
    public bool Flag(string key, bool fallback)
    {
        if (!TryGet(key, out var value))
        {
            return fallback;
        }

        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.ValueKind == JsonValueKind.True
            : throw Wrong(key, "true or false", value);
    }

    /// <summary>A string.</summary>
    public string Text(string key, string? fallback = null)
    {
        if (!TryGet(key, out var value))
        {
            return fallback ?? throw Missing(key);
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(key, "a string", value);
    }

    /// <summary>A nested object, or null.</summary>
    public ConfigReader? Object(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new ConfigReader($"{File}: {key}", value)
            : throw Wrong(key, "an object", value);
    }

    /// <summary>An array of numbers above 0, or null.</summary>
    public double[]? PositiveNumbers(string key)
    {
        if (!TryGet(key, out var value))
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(key, "an array of numbers", value);
        }

        return [.. value.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) && number > 0
            && double.IsFinite(number)
                ? number
                : throw Wrong(key, "numbers above 0", item))];
    }

    /// <summary>An activation by its name in the transformers library.</summary>
    public Activation Activation(string key, string fallback) => Text(key, fallback) switch
    {
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Kernels.Activation.GeluTanh,
        "gelu" or "gelu_python" => Kernels.Activation.GeluErf,
        "relu" => Kernels.Activation.Relu,
        "silu" or "swish" => Kernels.Activation.Silu,
        var other => throw new CheckpointException(
            $"{File}: {key}: activation '{other}' is not supported: expected gelu_new, gelu, relu or silu."),
    };

    private bool TryGet(string key, out JsonElement value) =>
        root.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    private CheckpointException Missing(string key) => new(
        $"{File}: {key}: expected a value, the key is missing.");

    private CheckpointException Wrong(string key, string expected, JsonElement value)
    {
        var text = value.GetRawText();
        return new(
            $"{File}: {key}: expected {expected}, got {(text.Length > 60 ? text[..60] + "…" : text)}.");
    }
}
