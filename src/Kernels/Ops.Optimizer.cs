namespace Inheritune.Kernels;

/// <summary>Scalars of one AdamW update.</summary>
/// <param name="LearningRate">lr of this step.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added after the bias-corrected root.</param>
/// <param name="WeightDecay">λ: w ← w (1 − lr λ) before the update; 0 for tensors that do not decay.</param>
/// <param name="Step">t, 1 for the first update: bias correction.</param>
/// <param name="Seed">Of the stochastic rounding of bf16 weights; not used otherwise.</param>
/// <param name="FirstElement">
/// Place of the first element among all parameters: the rounding of element i at step t is a function of (Seed, t,
/// FirstElement + i) alone. A multiple of 8 is fastest.
/// </param>
public readonly record struct AdamWStep(
    double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, long Step, ulong Seed = 0,
    long FirstElement = 0);

public abstract partial class Ops
{
    /// <summary>
    /// Norm and clip factor of a gradient: norm[0] = ‖g‖₂, norm[1] = min(1, maxNorm / (‖g‖₂ + 1e-6)), or 1 if
    /// <paramref name="maxNorm"/> is 0. Stays on the device: no host wait.
    /// </summary>
    /// <param name="norm">(2) f32. Overwritten.</param>
    /// <param name="gradient">g, all parameters of the model, flat f32 or bf16. Read. Summed in f64 in a fixed order.</param>
    /// <param name="maxNorm">Largest norm that is not clipped; 0 turns clipping off.</param>
    public void GradientNorm(Tensor norm, Tensor gradient, float maxNorm)
    {
        FloatType(nameof(GradientNorm), nameof(gradient), gradient);
        RequireCount(nameof(GradientNorm), nameof(norm), norm, DType.F32, 2);
        GradientNormCore(norm, gradient, maxNorm);
    }

    /// <summary>
    /// AdamW (arXiv:1711.05101), PyTorch's form: with g' = norm[1] · g, w ← w (1 − lr λ), m ← β1 m + (1 − β1) g',
    /// v ← β2 v + (1 − β2) g'², w ← w − lr / (1 − β1ᵗ) · m / (√(v / (1 − β2ᵗ)) + eps).
    /// </summary>
    /// <param name="weight">
    /// w, flat. Updated. F32, or bf16 where the device computes in it: then there is no copy in f32, and the result is
    /// rounded up or down at random in proportion to the distances, so that its expectation is exact.
    /// </param>
    /// <param name="firstMoment">m, as many f32. Updated.</param>
    /// <param name="secondMoment">v, as many f32. Updated.</param>
    /// <param name="gradient">g, as many f32 or bf16. Read.</param>
    /// <param name="norm">(2) f32 as <see cref="GradientNorm"/> writes it. Read.</param>
    /// <param name="step">Scalars.</param>
    /// <param name="copy">As many bf16, or null: the new w rounded to nearest. Overwritten.</param>
    public void AdamW(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step,
        Tensor? copy = null)
    {
        const string Operation = nameof(AdamW);
        var n = weight.Count;
        FloatType(Operation, nameof(weight), weight);
        RequireCount(Operation, nameof(firstMoment), firstMoment, DType.F32, n);
        RequireCount(Operation, nameof(secondMoment), secondMoment, DType.F32, n);
        RequireCount(Operation, nameof(gradient), gradient, FloatType(Operation, nameof(gradient), gradient), n);
        RequireCount(Operation, nameof(norm), norm, DType.F32, 2);
        if (copy is not null)
        {
            FloatType(Operation, nameof(copy), copy);
            RequireCount(Operation, nameof(copy), copy, DType.BF16, n);
            RequireCount(Operation, nameof(weight), weight, DType.F32, n);
        }

        if (step.Step < 1)
        {
            Throw(Operation, $"step: expected 1 or more, got {step.Step}.");
        }

        if (step.FirstElement < 0)
        {
            Throw(Operation, $"firstElement: expected 0 or more, got {step.FirstElement}.");
        }

        AdamWCore(weight, firstMoment, secondMoment, gradient, norm, step, copy);
    }

    private protected abstract void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm);

    private protected abstract void AdamWCore(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step,
        Tensor? copy);
}
