namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void CopyCore(Tensor output, Tensor input) =>
        throw new NotImplementedException();

    private protected override void FillCore(Tensor output, float value) =>
        throw new NotImplementedException();

    private protected override void AddCore(Tensor output, Tensor input) =>
        throw new NotImplementedException();

    private protected override void ScaleCore(Tensor output, float factor) =>
        throw new NotImplementedException();

    private protected override void CastCore(Tensor output, Tensor input) =>
        throw new NotImplementedException();

    private protected override void RandomNormalCore(Tensor output, ulong seed, ulong stream, float standardDeviation) =>
        throw new NotImplementedException();
}
