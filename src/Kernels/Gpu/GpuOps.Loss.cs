namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void CrossEntropyForwardCore(
        Tensor losses, Tensor logits, Tensor targets, float scale, bool gradient, long vocabulary) =>
        throw new NotImplementedException();

    private protected override void DistillationForwardBackwardCore(
        Tensor losses, Tensor divergences, Tensor logits, Tensor teacher, Tensor targets, in DistillationTerms terms) =>
        throw new NotImplementedException();

    private protected override void SumCore(Tensor sum, Tensor input, float scale, bool accumulate) =>
        throw new NotImplementedException();
}
