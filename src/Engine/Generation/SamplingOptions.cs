using Inheritune.Engine.Model;

namespace Inheritune.Engine.Generation;

/// <summary>
/// How the next token is chosen: repetition penalty, then temperature, then top-k, then top-p.
/// </summary>
/// <param name="Temperature">Logits are divided by it, 0 or more; 0 takes the largest logit.</param>
/// <param name="TopK">Keep the k largest logits and their ties; 0 keeps all.</param>
/// <param name="TopP">Keep the most likely tokens that together reach p, 0 &lt; p ≤ 1; 1 keeps all
/// (arXiv:1904.09751).</param>
/// <param name="RepetitionPenalty">
/// Logits of tokens seen before are divided by it, or multiplied where negative; 1 changes nothing
/// (arXiv:1909.05858).
/// </param>
/// <param name="Seed">Seed of the draws: the same seed gives the same text.</param>
public sealed record SamplingOptions(
    double Temperature = 0, int TopK = 0, double TopP = 1, double RepetitionPenalty = 1, ulong Seed = 0)
{
    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ModelException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(double.IsFinite(Temperature) && Temperature >= 0, "temperature", "0 or more", Temperature);
        Require(TopK >= 0, "top-k", "0 (all) or more", TopK);
        Require(TopP is > 0 and <= 1, "top-p", "more than 0, at most 1", TopP);
        Require(
            double.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, "repetition penalty", "more than 0", RepetitionPenalty);
    }

    private static void Require(bool condition, string what, string expected, double value)
    {
        if (!condition)
        {
            throw new ModelException(FormattableString.Invariant($"Sampling: {what}: expected {expected}, got {value}."));
        }
    }
}
