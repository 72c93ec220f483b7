using Inheritune.Runs;

namespace Inheritune.Reports;

/// <summary>
/// What the numbers of a run say: the headline and the honest remarks. Pure functions of the result.
/// </summary>
internal sealed class RunFacts(RunResult result)
{
    /// <summary>The reference, if it was trained.</summary>
    public ModelResult? Reference => result.Models.FirstOrDefault(m => m.Role == "reference");

    /// <summary>The last child.</summary>
    public ModelResult? Child => result.Models.LastOrDefault(m => m.Role == "child");

    /// <summary>A baseline by name.</summary>
    public ModelResult? Baseline(string name) => result.Models.FirstOrDefault(m => m.Name == name);

    /// <summary>Whether the last round matched.</summary>
    public bool IsMatched => result.Rounds.Count > 0
        && result.Rounds[^1].Verdict == nameof(StopVerdict.Matched);

    /// <summary>
    /// Everything that was trained to get this model: a child needs the reference and the rounds before.
    /// </summary>
    public IReadOnlyList<ModelResult> Needed(ModelResult model) =>
        model.Role == "child"
            ? [.. result.Models.TakeWhile(m => m != model).Where(m => m.Role is "reference" or "child"),
                model]
            : [model];

    /// <summary>Training arithmetic, 6 · parameters · tokens, of everything needed.</summary>
    public double TotalFlops(ModelResult model) => Needed(model).Sum(m => 6.0 * m.Parameters * m.Tokens);

    /// <summary>Tokens of everything needed.</summary>
    public long TotalTokens(ModelResult model) => Needed(model).Sum(m => m.Tokens);

    /// <summary>Seconds of everything needed.</summary>
    public double TotalSeconds(ModelResult model) => Needed(model).Sum(m => m.Seconds);

    /// <summary>Final loss and its standard error, or null before the final evaluation.</summary>
    public static PairedDifference? Final(ModelResult model) =>
        model.FinalLosses.Count == 0 ? null : PairedDifference.Summary(model.FinalLosses);

    /// <summary>a − b on the final batches, or null when one is missing.</summary>
    public static PairedDifference? Compare(ModelResult? a, ModelResult? b) =>
        a is null || b is null || a.FinalLosses.Count == 0 || a.FinalLosses.Count != b.FinalLosses.Count
            ? null : PairedDifference.Of(a.FinalLosses, b.FinalLosses);

    /// <summary>The verdict in one sentence.</summary>
    public string Headline
    {
        get
        {
            if (Reference is not { } reference || Child is not { } child)
            {
                return result.Models is [var only] && result.Rounds.Count == 0
                    && result.Stages.Contains("train")
                    ? $"{only.Name}: {only.Layers} blocks trained for {Format.Count(only.Steps)} steps."
                    : "This run is not finished.";
            }

            var size = $"{child.Layers} of {reference.Layers} blocks";
            if (Compare(child, reference) is not { } d)
            {
                return $"A child of {size} {(IsMatched ? "matches" : "does not match")} its reference so "
                    + "far.";
            }

            var how = d.Mean < -2 * d.StandardError ? "beats its reference"
                : d.Mean > 2 * d.StandardError ? "stays behind its reference"
                : "equals its reference within the noise";
            return $"A child of {size} {how}: {Format.Signed(d.Mean)} ± {Format.Loss(d.StandardError)} nats "
                + "per token.";
        }
    }

    /// <summary>What a careful reader must know, the unwelcome facts included.</summary>
    public IReadOnlyList<string> Remarks
    {
        get
        {
            var remarks = new List<string>();
            AddBaselines(remarks);
            AddCost(remarks);
            AddLaziness(remarks);
            remarks.Add("One random start (one seed) per model; the standard errors cover the choice of "
                + "validation "
                + "text only, not the luck of a start.");
            if (Reference is { } reference && reference.Tokens < 20L * reference.Parameters)
            {
                remarks.Add($"The reference saw {(double)reference.Tokens / reference.Parameters:0.##} "
                    + "tokens per "
                    + "parameter and has not levelled off. The papers' claim is about training that nearly "
                    + "has: "
                    + "here part of the child's lead is simply that its weights have been trained longer.");
            }

            return remarks;
        }
    }

    private void AddBaselines(List<string> remarks)
    {
        if (Compare(Child, Baseline("random")) is { } same)
        {
            remarks.Add($"Against random weights, same size and steps: {Format.Signed(same.Mean)} ± "
                + $"{Format.Loss(same.StandardError)} "
                + $"nats{Winner(same, "inheriting helps", "inheriting does not help here")}.");
        }

        if (Compare(Child, Baseline("random-2x")) is { } twice)
        {
            remarks.Add($"Against random weights, same size and twice the steps: "
                + $"{Format.Signed(twice.Mean)} ± "
                + $"{Format.Loss(twice.StandardError)} nats"
                + Winner(twice, "the child wins even so",
                    "training the small model for longer wins, and needs no reference")
                + ".");
        }
    }

    private void AddCost(List<string> remarks)
    {
        if (Child is { } child && Reference is not null)
        {
            remarks.Add($"Total cost of the child, its reference and all rounds included: "
                + $"{Format.Short(TotalTokens(child))} tokens, "
                + $"{Format.Short(TotalFlops(child))}FLOP, {Format.Duration(TotalSeconds(child))}"
                + (Baseline("random-2x") is { } twice
                    ? $"; the baseline with twice the steps: {Format.Short(twice.Tokens)} tokens, "
                        + $"{Format.Short(TotalFlops(twice))}FLOP, {Format.Duration(twice.Seconds)}."
                    : "."));
        }
    }

    private void AddLaziness(List<string> remarks)
    {
        if (result.Analyses.FirstOrDefault(a => a.Model == Reference?.Name) is not { } analysis)
        {
            return;
        }

        double largest = analysis.Rank.SelectMany(r => r).DefaultIfEmpty().Max();
        remarks.Add(analysis.LazyLayers.Count == 0
            ? "No layer of the reference is lazy (largest rank 1) at this scale; "
                + $"ranks reach {largest:0.0} of {analysis.SequenceLength}. The reason the papers give for "
                + "inheriting, "
                + "collapsed late layers, does not show here."
            : $"Lazy layers of the reference (largest rank 1): {string.Join(", ", analysis.LazyLayers)}.");
    }

    private static string Winner(PairedDifference d, string childWins, string otherWins) =>
        d.Mean < -2 * d.StandardError ? ": " + childWins
        : d.Mean > 2 * d.StandardError ? ": " + otherWins
        : ": no difference beyond the noise";
}
