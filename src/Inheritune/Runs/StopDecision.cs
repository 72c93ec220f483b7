namespace Inheritune.Runs;

/// <summary>Whether a child matches its reference, with the numbers that say so.</summary>
/// <param name="Verdict">The decision.</param>
/// <param name="IsClear">The difference is further than two standard errors from the tolerance.</param>
/// <param name="Difference">child − reference.</param>
/// <param name="Tolerance">nats.</param>
/// <param name="Rule">"paired", "mean" or "paper".</param>
internal sealed record StopDecision(
    StopVerdict Verdict, bool IsClear, PairedDifference Difference, double Tolerance, string Rule)
{
    /// <summary>How many of the last evaluations the rule "mean" averages.</summary>
    public const int MeanEvaluations = 10;

    /// <summary>
    /// The same batches for both: clear when |d − tolerance| &gt; 2 se; otherwise more batches, and with the
    /// whole set by d
    /// alone.
    /// </summary>
    public static StopDecision Paired(
        IReadOnlyList<double> child, IReadOnlyList<double> reference, double tolerance, bool isWholeSet)
    {
        var d = PairedDifference.Of(child, reference);
        bool isClear = Math.Abs(d.Mean - tolerance) > 2 * d.StandardError;
        var verdict = !isClear && !isWholeSet ? StopVerdict.MoreBatches
            : d.Mean <= tolerance ? StopVerdict.Matched : StopVerdict.Grow;
        return new StopDecision(verdict, isClear, d, tolerance, "paired");
    }

    /// <summary>Means of the last ten evaluations of both trainings.</summary>
    public static StopDecision Mean(
        IReadOnlyList<double> child, IReadOnlyList<double> reference, double tolerance)
    {
        var a = PairedDifference.Summary([.. child.TakeLast(MeanEvaluations)]);
        var b = PairedDifference.Summary([.. reference.TakeLast(MeanEvaluations)]);
        double error = Math.Sqrt((a.StandardError * a.StandardError) + (b.StandardError * b.StandardError));
        var d = new PairedDifference(a.Mean - b.Mean, error, Math.Min(a.Batches, b.Batches));
        return new StopDecision(
            d.Mean <= tolerance ? StopVerdict.Matched : StopVerdict.Grow,
            Math.Abs(d.Mean - tolerance) > 2 * error, d, tolerance, "mean");
    }

    /// <summary>The last evaluation of both, without tolerance, as the papers do.</summary>
    public static StopDecision Paper(double child, double reference)
    {
        var d = new PairedDifference(child - reference, 0, 1);
        return new StopDecision(d.Mean <= 0 ? StopVerdict.Matched : StopVerdict.Grow, true, d, 0, "paper");
    }

    /// <summary>The decision in one line.</summary>
    public override string ToString()
    {
        var outcome = Verdict switch
        {
            StopVerdict.Matched => "matched",
            StopVerdict.Grow => "worse than the reference",
            _ => "not clear yet",
        };
        var doubt = IsClear || Verdict == StopVerdict.MoreBatches ? ""
            : ", undecided within two standard errors";
        return $"child − reference = {Difference} nats on {Difference.Batches} "
            + $"{(Rule == "paired" ? "paired batches" : "evaluations")}, tolerance {Tolerance:0.000}: "
            + $"{outcome}{doubt}";
    }
}
