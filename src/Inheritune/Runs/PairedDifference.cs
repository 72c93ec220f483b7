namespace Inheritune.Runs;

/// <summary>
/// Difference of two models on the same fixed batches: mean and standard error of the per-batch differences.
/// </summary>
/// <param name="Mean">Mean of target − reference, nats per token.</param>
/// <param name="StandardError">s / √n with the sample deviation s; 0 for one batch.</param>
/// <param name="Batches">n.</param>
internal sealed record PairedDifference(double Mean, double StandardError, int Batches)
{
    /// <summary>Compares batch by batch.</summary>
    /// <exception cref="ArgumentException">The lists differ in length or are empty.</exception>
    public static PairedDifference Of(IReadOnlyList<double> target, IReadOnlyList<double> reference)
    {
        if (target.Count != reference.Count || target.Count == 0)
        {
            throw new ArgumentException(
                $"Paired difference: expected as many losses on both sides, got {target.Count} and "
                    + $"{reference.Count}.");
        }

        return Summary([.. target.Zip(reference, (t, r) => t - r)]);
    }

    /// <summary>Mean and standard error of a list.</summary>
    public static PairedDifference Summary(IReadOnlyList<double> values)
    {
        double mean = values.Sum() / values.Count;
        double squares = values.Sum(v => (v - mean) * (v - mean));
        double error = values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1) / values.Count) : 0;
        return new PairedDifference(mean, error, values.Count);
    }

    /// <summary>"−0.123 ± 0.004".</summary>
    public override string ToString() => $"{Signed(Mean)} ± {StandardError:0.000}";

    private static string Signed(double value) => value < 0 ? $"−{-value:0.000}" : $"+{value:0.000}";
}
