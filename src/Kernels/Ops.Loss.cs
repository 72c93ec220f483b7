namespace Inheritune.Kernels;

public abstract partial class Ops
{
    /// <summary>Target that takes no part in the loss.</summary>
    public const int IgnoredTarget = -100;

    /// <summary>Softmax cross-entropy per row: loss[n] = ln Σ_v exp(z[n,v]) − z[n, target_n].</summary>
    /// <param name="losses">(N) f32, nats; 0 where the target is −100. Overwritten.</param>
    /// <param name="logits">z, (N, V) f32. Read.</param>
    /// <param name="targets">(N) i32 in 0..V, or −100. Read. The caller has checked the range.</param>
    public void CrossEntropyForward(Tensor losses, Tensor logits, Tensor targets)
    {
        CheckLoss(nameof(CrossEntropyForward), losses, logits, targets);
        CrossEntropyForwardCore(losses, logits, targets, 0f, gradient: false);
    }

    /// <summary>
    /// Softmax cross-entropy and its gradient in one pass, in place: the logits become
    /// dz[n,v] = scale · (softmax(z)[n,v] − [v = target_n]); rows whose target is −100 become 0.
    /// </summary>
    /// <param name="losses">(N) f32, nats, not scaled. Overwritten.</param>
    /// <param name="logits">z, (N, V) f32. Overwritten by dz.</param>
    /// <param name="targets">(N) i32 in 0..V, or −100. Read.</param>
    /// <param name="scale">Factor of the gradient, 1 / (number of targets) for a mean.</param>
    public void CrossEntropyForwardBackward(Tensor losses, Tensor logits, Tensor targets, float scale)
    {
        CheckLoss(nameof(CrossEntropyForwardBackward), losses, logits, targets);
        CrossEntropyForwardCore(losses, logits, targets, scale, gradient: true);
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
        Tensor losses, Tensor logits, Tensor targets, float scale, bool gradient);

    private protected abstract void SumCore(Tensor sum, Tensor input, float scale, bool accumulate);

    private static void CheckLoss(string operation, Tensor losses, Tensor logits, Tensor targets)
    {
        var (n, v) = (logits.Shape.Rows, logits.Shape.Columns);
        Require(operation, nameof(logits), logits, DType.F32, n, v);
        RequireCount(operation, nameof(losses), losses, DType.F32, n);
        RequireCount(operation, nameof(targets), targets, DType.I32, n);
    }
}
