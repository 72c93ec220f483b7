namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void MatmulForwardCore(
        Tensor output, Tensor input, Tensor weight, Tensor? bias, Activation activation, Tensor? preActivation) =>
        throw new NotImplementedException();

    private protected override void MatmulBackwardInputCore(
        Tensor dInput, Tensor dOutput, Tensor weight, Activation activation, Tensor? preActivation, bool accumulate) =>
        throw new NotImplementedException();

    private protected override void MatmulBackwardWeightCore(
        Tensor dWeight, Tensor? dBias, Tensor dOutput, Tensor input, bool accumulate) =>
        throw new NotImplementedException();
}
