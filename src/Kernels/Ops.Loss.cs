namespace Inheritune.Kernels;

/// <summary>Scalars of the distillation loss.</summary>
/// <param name="Temperature">τ, > 0: both sides' logits are divided by it.</param>
/// <param name="Alpha">α in 0..1: weight of the distillation term; 1 − α that of the cross-entropy.</param>
/// <param name="Scale">Factor of the gradient, 1 / (number of targets) for a mean.</param>
/// <param name="Shared">Columns that take part in the distillation term; 0 for all of the student's vocabulary.</param>
/// <param name="Vocabulary">Columns that take part in the cross-entropy; 0 for all of the student's.</param>
public readonly record struct DistillationTerms(
    double Temperature, double Alpha, double Scale, long Shared = 0, long Vocabulary = 0);

public abstract partial class Ops
{
    /// <summary>Target that takes no part in the loss.</summary>
    public const int IgnoredTarget = -100;

    /// <summary>Softmax cross-entropy per row: loss[n] = ln Σ_v exp(z[n,v]) − z[n, target_n].</summary>
    /// <param name="losses">(N) f32, nats; 0 where the target is −100. Overwritten.</param>
    /// <param name="logits">z, (N, Vp) f32 or bf16. Read.</param>
    /// <param name="targets">(N) i32 in 0..V, or −100. Read. The caller has checked the range.</param>
    /// <param name="vocabulary">V ≤ Vp, the columns that count; the others are padding. 0 for all.</param>
    public void CrossEntropyForward(Tensor losses, Tensor logits, Tensor targets, long vocabulary = 0)
    {
        vocabulary = CheckLoss(nameof(CrossEntropyForward), losses, logits, targets, vocabulary);
        CrossEntropyForwardCore(losses, logits, targets, 0f, gradient: false, vocabulary);
    }

    /// <summary>
    /// Softmax cross-entropy and its gradient in one pass, in place: the logits become
    /// dz[n,v] = scale · (softmax(z)[n,v] − [v = target_n]); rows whose target is −100 and columns of padding become 0.
    /// </summary>
    /// <param name="losses">(N) f32, nats, not scaled. Overwritten.</param>
    /// <param name="logits">z, (N, Vp) f32 or bf16. Overwritten by dz.</param>
    /// <param name="targets">(N) i32 in 0..V, or −100. Read.</param>
    /// <param name="scale">Factor of the gradient, 1 / (number of targets) for a mean.</param>
    /// <param name="vocabulary">V ≤ Vp, the columns that count; 0 for all.</param>
    public void CrossEntropyForwardBackward(
        Tensor losses, Tensor logits, Tensor targets, float scale, long vocabulary = 0)
    {
        vocabulary = CheckLoss(nameof(CrossEntropyForwardBackward), losses, logits, targets, vocabulary);
        CrossEntropyForwardCore(losses, logits, targets, scale, gradient: true, vocabulary);
    }

    /// <summary>
    /// Loss of a student that learns from a teacher and from the targets (arXiv:1503.02531), and its gradient in place.
    /// With p, q = softmax of teacher/τ and student/τ over the shared columns, per row
    /// divergence = τ² Σ_v p (ln p − ln q), and dz = scale · ((1 − α)(softmax(z) − onehot) + α τ (q − p)).
    /// </summary>
    /// <param name="losses">
    /// Cross-entropy of the student, (N) f32, nats, not weighted; 0 where the target is −100. Overwritten.
    /// </param>
    /// <param name="divergences">
    /// τ² Σ p (ln p − ln q), (N) f32, not weighted; 0 where the target is −100. Overwritten.
    /// </param>
    /// <param name="logits">z, the student's, (N, Vp) f32 or bf16. Overwritten by dz, 0 in columns of padding.</param>
    /// <param name="teacher">The teacher's logits, (N, at least the shared columns), of z's type. Read.</param>
    /// <param name="targets">(N) i32, or −100: such a row takes part in neither term. Read.</param>
    /// <param name="terms">Temperature, weights, columns.</param>
    public void DistillationForwardBackward(
        Tensor losses, Tensor divergences, Tensor logits, Tensor teacher, Tensor targets, in DistillationTerms terms)
    {
        const string Operation = nameof(DistillationForwardBackward);
        var vocabulary = CheckLoss(Operation, losses, logits, targets, terms.Vocabulary);
        var n = logits.Shape.Rows;
        RequireCount(Operation, nameof(divergences), divergences, DType.F32, n);
        Require(Operation, nameof(teacher), teacher, logits.DType, n, teacher.Shape.Columns);
        var most = Math.Min(vocabulary, teacher.Shape.Columns);
        var shared = terms.Shared == 0 ? vocabulary : terms.Shared;
        if (shared < 1 || shared > most)
        {
            Throw(Operation, $"shared: expected 1 to {most}, the columns of student and teacher, got {shared}.");
        }

        if (!(terms.Temperature > 0) || !(terms.Alpha >= 0 && terms.Alpha <= 1))
        {
            Throw(Operation, "expected a temperature above 0 and alpha in 0..1, got "
                + $"{terms.Temperature:R} and {terms.Alpha:R}.");
        }

        DistillationForwardBackwardCore(
            losses, divergences, logits, teacher, targets, terms with { Shared = shared, Vocabulary = vocabulary });
    }

    /// <summary>s = scale · Σ x, summed in a fixed order in f64.</summary>
    /// <param name="sum">s, (1) f32. Overwritten, or added to with <paramref name="accumulate"/>.</param>
    /// <param name="input">x, f32. Read.</param>
    /// <param name="scale">Factor.</param>
    /// <param name="accumulate">Add to s.</param>
    public void Sum(Tensor sum, Tensor input, float scale, bool accumulate)
    {
        RequireCount(nameof(Sum), nameof(input), input, DType.F32, input.Count);
        RequireCount(nameof(Sum), nameof(sum), sum, DType.F32, 1);
        SumCore(sum, input, scale, accumulate);
    }

    private protected abstract void CrossEntropyForwardCore(
        Tensor losses, Tensor logits, Tensor targets, float scale, bool gradient, long vocabulary);

    private protected abstract void DistillationForwardBackwardCore(
        Tensor losses, Tensor divergences, Tensor logits, Tensor teacher, Tensor targets, in DistillationTerms terms);

    private protected abstract void SumCore(Tensor sum, Tensor input, float scale, bool accumulate);

    /// <summary>Checks the operands of a loss; returns the columns that count.</summary>
    private long CheckLoss(string operation, Tensor losses, Tensor logits, Tensor targets, long vocabulary)
    {
        var (n, v) = (logits.Shape.Rows, logits.Shape.Columns);
        Require(operation, nameof(logits), logits, FloatType(operation, nameof(logits), logits), n, v);
        RequireCount(operation, nameof(losses), losses, DType.F32, n);
        RequireCount(operation, nameof(targets), targets, DType.I32, n);
        if (vocabulary < 0 || vocabulary > v)
        {
            Throw(operation, $"vocabulary: expected 0 (all columns) to {v}, got {vocabulary}.");
        }

        return vocabulary == 0 ? v : vocabulary;
    }
}
