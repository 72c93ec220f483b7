namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void RopeCore(
        Tensor qkv, Tensor cosSin, in AttentionShape shape, Tensor? offsets, int positionOffset, bool inverse) =>
        throw new NotImplementedException();

    private protected override void AttentionForwardCore(
        Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        throw new NotImplementedException();

    private protected override void AttentionBackwardCore(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        throw new NotImplementedException();

    private protected override void AttentionCachedCore(
        Tensor output, Tensor cache, Tensor qkv, Tensor past, in AttentionShape shape) =>
        throw new NotImplementedException();
}
