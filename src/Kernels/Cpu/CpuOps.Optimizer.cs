namespace Inheritune.Kernels.Cpu;

internal sealed partial class CpuOps
{
    private protected override void GradientNormCore(Tensor norm, Tensor gradient, float maxNorm) =>
        throw new NotImplementedException();

    private protected override void AdamWCore( Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor gradient, Tensor norm, in AdamWStep step) =>
        throw new NotImplementedException();
}
