namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void ActivationForwardCore(Tensor output, Tensor input, Activation activation) =>
        throw new NotImplementedException();

    private protected override void ActivationBackwardCore(
        Tensor dInput, Tensor dOutput, Tensor input, Activation activation) =>
        throw new NotImplementedException();

    private protected override void GatedForwardCore(Tensor output, Tensor gateUp, Activation activation) =>
        throw new NotImplementedException();

    private protected override void GatedBackwardCore(
        Tensor dGateUp, Tensor dOutput, Tensor gateUp, Activation activation) =>
        throw new NotImplementedException();
}
