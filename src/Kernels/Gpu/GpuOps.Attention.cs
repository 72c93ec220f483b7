namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, int positionOffset, bool inverse) =>
        throw new NotImplementedException();

    private protected override void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        throw new NotImplementedException();

    private protected override void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        throw new NotImplementedException();
}
