namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void CopyColumnsCore(
        Tensor output, long outputColumn, Tensor input, long inputColumn, long columns) =>
        throw new NotImplementedException();

    private protected override void ClampCore(Tensor output, float limit) => throw new NotImplementedException();

    private protected override void ClampBackwardCore(Tensor dOutput, Tensor output, float limit) =>
        throw new NotImplementedException();
}
