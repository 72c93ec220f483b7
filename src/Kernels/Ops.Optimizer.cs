namespace Inheritune.Kernels;

/// <summary>Scalars of one AdamW update.</summary>
/// <param name="LearningRate">lr of this step.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Eps">Added after the bias-corrected root.</param>
/// <param name="WeightDecay">λ: w ← w (1 − lr λ) before the update; 0 for tensors that do not decay.</param>
/// <param name="Step">t, 1 for the first update: bias correction.</param>
public readonly record struct AdamWStep(
    double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, long Step);

public abstract partial class Ops
{
    /// <summary>
    /// Norm and clip factor of a gradient: norm[0] = ‖g‖₂, norm[1] = min(1, maxNorm / (‖g‖₂ + 1e-6)), or 1 if
    /// <paramref name="maxNorm"/> is 0. Stays on the device: no host wait.
    /// </summary>
    /// <param name="norm">(2) f32. Overwritten.</param>
    /// <param name="gradient">g, all parameters of the model, flat f32. Read. Summed in f64 in a fixed order.</param>
    /// <param name="maxNorm">Largest norm that is not clipped; 0 turns clipping off.</param>
    public void GradientNorm(Tensor norm, Tensor gradient, float maxNorm)
    {
        RequireCount(nameof(GradientNorm), nameof(gradient), gradient, DType.F32, gradient.Count);
        RequireCount(nameof(GradientNorm), nameof(norm), norm, DType.F32, 2);
        GradientNormCore(norm, gradient, maxNorm);
    }

    /// <summary>
    /// AdamW (arXiv:1711.05101), PyTorch's form: with g' = norm[1] · g, w ← w (1 − lr λ), m ← β1 m + (1 − β1) g',
    /// v ← β2 v + (1 − β2) g'², w ← w − lr / (1 − β1ᵗ) · m / (√(v / (1 − β2ᵗ)) + eps).
    /// </summary>
    /// <param name="weight">w, flat f32. Updated.</param>
    /// <param name="firstMoment">m, as many f32. Updated.</param>
    /// <param name="secondMoment">v, as many f32. Updated.</param>
    /// <param name="gradient">g, as many f32. Read.</param>
    /// <param name="norm">(2) f32 as <see cref="GradientNorm"/> writes it. Read.</param>
    /// <param name="step">Scalars.</param>
    public void AdamW(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step)
    {
        const string Operation = nameof(AdamW);
        RequireCount(Operation, nameof(weight), weight, DType.F32, weight.Count);
        RequireCount(Operation, nameof(firstMoment), firstMoment, DType.F32, weight.Count);
        RequireCount(Operation, nameof(secondMoment), secondMoment, DType.F32, weight.Count);
        RequireCount(Operation, nameof(gradient), gradient, DType.F32, weight.Count);
        RequireCount(Operation, nameof(norm), norm, DType.F32, 2);
        if (step.Step < 1)
        {
            Throw(Operation, $"step: expected 1 or more, got {step.Step}.");
        }

        AdamWCore(weight, firstMoment, secondMoment, gradient, norm, step);
    }

    private protected abstract void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm);

    private protected abstract void AdamWCore(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step);
}
