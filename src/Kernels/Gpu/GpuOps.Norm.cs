namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void LayerNormForwardCore(
        Tensor output, Tensor mean, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, Tensor? bias,
        float eps) =>
        throw new NotImplementedException();

    private protected override void LayerNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor? dBias, Tensor dOutput, Tensor input, Tensor mean, Tensor rstd, Tensor? weight,
        bool accumulateInput, bool accumulateParameters) =>
        throw new NotImplementedException();

    private protected override void RmsNormForwardCore(
        Tensor output, Tensor rstd, Tensor? residual, Tensor input, Tensor? delta, Tensor? weight, float eps) =>
        throw new NotImplementedException();

    private protected override void RmsNormBackwardCore(
        Tensor dInput, Tensor? dWeight, Tensor dOutput, Tensor input, Tensor rstd, Tensor? weight, bool accumulateInput,
        bool accumulateParameters) =>
        throw new NotImplementedException();
}
