namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm) =>
        throw new NotImplementedException();

    private protected override void AdamWCore(
        Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step,
        Tensor? copy) =>
        throw new NotImplementedException();
}
