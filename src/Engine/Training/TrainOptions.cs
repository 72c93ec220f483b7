using Inheritune.Engine.Model;

namespace Inheritune.Engine.Training;

/// <summary>Everything that decides how a model is trained. AdamW in the form of PyTorch.</summary>
public sealed record TrainOptions
{
    /// <summary>B, sequences per micro-batch.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>T, tokens per sequence.</summary>
    public int SequenceLength { get; init; } = 256;

    /// <summary>G, micro-batches per step.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>How their gradients are joined.</summary>
    public AccumulationMode AccumulationMode { get; init; } = AccumulationMode.Mean;

    /// <summary>Steps in all.</summary>
    public long Steps { get; init; } = 1000;

    /// <summary>Learning rate.</summary>
    public Schedule Schedule { get; init; } = new CosineSchedule(6e-4, 6e-5, 100, 1000);

    /// <summary>β1, 0 ≤ β1 &lt; 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β2, 0 ≤ β2 &lt; 1.</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>eps, added after the bias-corrected root.</summary>
    public double Eps { get; init; } = 1e-8;

    /// <summary>λ: decayed weights are multiplied by 1 − lr·λ before the update.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Which parameters decay.</summary>
    public DecayRule DecayRule { get; init; } = DecayRule.Linear;

    /// <summary>c: the gradient is scaled to at most this norm; 0 turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>Element types to compute with and to keep.</summary>
    public Precision Precision { get; init; } = Precision.F32;

    /// <summary>Start of the random rounding of <see cref="Precision.Bf16"/>.</summary>
    public ulong RoundingSeed { get; init; }

    /// <summary>Activations that are computed twice instead of kept; changes no bit of the result.</summary>
    public Recompute Recompute { get; init; } = Recompute.None;

    /// <summary>Steps between evaluations; 0 for none.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Steps between checkpoints; 0 for one at the end only.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>How many checkpoints are kept; 0 keeps all.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>
    /// k: a loss above mean + k·sd of the last <see cref="OutlierDetector.Window"/> losses is an outlier; 0
    /// turns this off. A loss or norm that is not finite always is one.
    /// </summary>
    public double OutlierDeviations { get; init; } = 12;

    /// <summary>What to do about an outlier.</summary>
    public OutlierAction OutlierAction { get; init; } = OutlierAction.Stop;

    /// <summary>B·T·G.</summary>
    public long TokensPerStep => (long)BatchSize * SequenceLength * AccumulationSteps;

    /// <summary>Throws if options contradict each other or the model.</summary>
    /// <param name="model">The model to train, or null to check the options alone.</param>
    /// <exception cref="TrainingException">The first contradiction.</exception>
    public void Validate(DecoderConfig? model = null)
    {
        Require(BatchSize >= 1, "batch size", "1 or more", BatchSize);
        Require(SequenceLength >= 1, "sequence length", "1 or more", SequenceLength);
        Require(AccumulationSteps >= 1, "accumulation steps", "1 or more", AccumulationSteps);
        Require((long)BatchSize * SequenceLength <= int.MaxValue, "batch size x sequence length",
            $"at most {int.MaxValue}", (double)BatchSize * SequenceLength);
        Require(Steps >= 1, "steps", "1 or more", Steps);
        Require(Beta1 is >= 0 and < 1, "beta1", "0 up to but not including 1", Beta1);
        Require(Beta2 is >= 0 and < 1, "beta2", "0 up to but not including 1", Beta2);
        Require(double.IsFinite(Eps) && Eps >= 0, "eps", "0 or more", Eps);
        Require(double.IsFinite(WeightDecay) && WeightDecay >= 0, "weight decay", "0 or more", WeightDecay);
        Require(double.IsFinite(ClipNorm) && ClipNorm >= 0, "clip norm", "0 (off) or more", ClipNorm);
        Require(EvaluateEvery >= 0, "steps between evaluations", "0 (never) or more", EvaluateEvery);
        Require(CheckpointEvery >= 0, "steps between checkpoints", "0 (at the end) or more", CheckpointEvery);
        Require(KeepCheckpoints >= 0, "checkpoints to keep", "0 (all) or more", KeepCheckpoints);
        Require(
            double.IsFinite(OutlierDeviations) && OutlierDeviations >= 0, "outlier deviations",
            "0 (off) or more", OutlierDeviations);
        if (Schedule is null)
        {
            throw new TrainingException(
                "schedule: expected one, got none. Choose cosine, linear, constant or wsd.");
        }

        Schedule.Validate();
        if (model is null)
        {
            return;
        }

        if (SequenceLength > model.MaxPositions)
        {
            throw new TrainingException(
                $"sequence length: expected at most the model's {model.MaxPositions} positions, got "
                + $"{SequenceLength}. "
                + "Train on shorter sequences or start from a model with more positions.");
        }

        var peak = Schedule.Rate(Math.Max(0, Steps - 1));
        Require(double.IsFinite(peak), "learning rate", "a finite number", peak);
    }

    private static void Require(bool condition, string option, string expected, double got)
    {
        if (!condition)
        {
            throw new TrainingException(
                FormattableString.Invariant($"training options: {option}: expected {expected}, got {got}."));
        }
    }
}
