using Inheritune.Recipes;

namespace Inheritune.Runs;

/// <summary>
/// The rounds of a run as pure data: the next one follows from the recipe and the decisions so far.
/// </summary>
internal static class RoundPlan
{
    /// <summary>All rounds that may happen, in order.</summary>
    public static IReadOnlyList<Round> All(Recipe recipe)
    {
        var rounds = new List<Round>();
        int layers = recipe.StartLayers;
        long tokens = 0;
        while (true)
        {
            int from = recipe.IsContinue && rounds.Count > 0 ? rounds[^1].Layers : 0;
            rounds.Add(new Round(rounds.Count + 1, layers, from));
            tokens += checked(recipe.Steps * recipe.TokensPerStep);
            bool isLast = layers == recipe.MaxLayers || rounds.Count == recipe.MaxRounds
                || (recipe.MaxTokens > 0 && tokens >= recipe.MaxTokens);
            if (isLast)
            {
                return rounds;
            }

            layers = Math.Min(layers + recipe.GrowBy, recipe.MaxLayers);
        }
    }

    /// <summary>
    /// The round after those decided, or null when a child matched or nothing more may be tried.
    /// </summary>
    public static Round? Next(Recipe recipe, IReadOnlyList<StopVerdict> decided)
    {
        var all = All(recipe);
        return decided.Contains(StopVerdict.Matched) || decided.Count >= all.Count ? null
            : all[decided.Count];
    }

    /// <summary>Why no further round follows.</summary>
    public static string EndReason(Recipe recipe, IReadOnlyList<StopVerdict> decided)
    {
        var last = All(recipe)[^1];
        return decided.Contains(StopVerdict.Matched) ? "the child matches the reference"
            : last.Layers == recipe.MaxLayers ? $"the deepest child allowed has {recipe.MaxLayers} blocks"
            : last.Number == recipe.MaxRounds ? $"--max-rounds {recipe.MaxRounds} is reached"
            : $"the children have read --max-tokens {recipe.MaxTokens}";
    }

    /// <summary>The plan in one line.</summary>
    public static string Describe(Recipe recipe)
    {
        var depths = All(recipe).Select(
            r => r.Layers.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return $"rounds: reference {recipe.Layers} blocks → child {string.Join(", then ", depths)} blocks "
            + "until it matches "
            + $"(rule {recipe.StopRule}, tolerance {recipe.Tolerance:0.###} nats, mode "
            + $"{(recipe.IsContinue ? "B, continue" : "A, re-inherit")}); {recipe.Steps} steps of "
            + $"{recipe.TokensPerStep} tokens each";
    }
}
