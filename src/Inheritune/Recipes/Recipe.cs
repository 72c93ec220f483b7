using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>
/// A resolved, consistent recipe of a run. Pure data; every number comes from <see cref="RecipeOptions"/>.
/// </summary>
internal sealed record Recipe
{
    /// <summary>The values it was read from.</summary>
    public required OptionValues Values { get; init; }

    /// <summary>L, blocks of the reference.</summary>
    public required int Layers { get; init; }

    /// <summary>Blocks of the first child.</summary>
    public required int StartLayers { get; init; }

    /// <summary>Blocks of the deepest child.</summary>
    public required int MaxLayers { get; init; }

    /// <summary>Blocks added by a round.</summary>
    public required int GrowBy { get; init; }

    /// <summary>Most rounds.</summary>
    public required int MaxRounds { get; init; }

    /// <summary>Most tokens of all children, 0 for no limit.</summary>
    public required long MaxTokens { get; init; }

    /// <summary>Steps of a model.</summary>
    public required long Steps { get; init; }

    /// <summary>B · T · micro-batches.</summary>
    public required long TokensPerStep { get; init; }

    /// <summary>
    /// A later round goes on from the trained child (mode B) instead of the reference (mode A).
    /// </summary>
    public required bool IsContinue { get; init; }

    /// <summary>Baselines wanted: "random", "random-2x".</summary>
    public required IReadOnlyList<string> Baselines { get; init; }

    /// <summary>"paired", "mean" or "paper".</summary>
    public required string StopRule { get; init; }

    /// <summary>Tolerance of the decision in nats.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Fills in the preset's values and checks that the whole makes sense.</summary>
    /// <exception cref="UsageException">Two options contradict each other.</exception>
    public static Recipe Resolve(OptionValues values)
    {
        RecipePresets.Apply(values);

        TrainingChecks.Check(values);
        int layers = values.Int("layers");
        int maxLayers = values.Int("max-layers") is var max and > 0 ? max : layers;
        int startLayers = values.Int("start-layers") is var start and > 0 ? start : Math.Max(1, layers / 2);
        Require(maxLayers <= layers,
            $"--max-layers: expected at most {layers} (--layers, the depth of the reference), got "
                + $"{maxLayers}. "
            + "A child inherits blocks of the reference.");
        Require(startLayers <= maxLayers,
            $"--start-layers: expected at most {maxLayers} "
                + $"({(maxLayers == layers ? "--layers" : "--max-layers")}), got {startLayers}.");
        int width = values.Int("width");
        int heads = values.Int("heads");
        Require(width % heads == 0,
            $"--heads: {heads} does not divide --width {width}. Choose a divisor of the width.");
        Require(values.Int("analysis-length") <= values.Int("seq") || !values.IsGiven("analysis-length"),
            $"--analysis-length: expected at most {values.Int("seq")} (--seq), got "
                + $"{values.Int("analysis-length")}.");
        var baselines = values.Words("baselines");
        Require(!baselines.Contains("none", StringComparer.Ordinal) || baselines.Length == 1,
            "--baselines: none excludes the others. Leave one of them out.");

        return new Recipe
        {
            Values = values,
            Layers = layers,
            StartLayers = startLayers,
            MaxLayers = maxLayers,
            GrowBy = values.Int("grow-by"),
            MaxRounds = values.Int("max-rounds"),
            MaxTokens = values.Long("max-tokens"),
            Steps = values.Long("steps"),
            TokensPerStep = checked(values.Long("batch") * values.Long("seq") * values.Long("accumulation")),
            IsContinue = values.Text("mode") == "continue",
            Baselines = [.. baselines.Where(b => b != "none").Order(StringComparer.Ordinal)],
            StopRule = values.Text("stop-rule"),
            Tolerance = values.Number("tolerance"),
        };
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new UsageException(message);
        }
    }
}
