namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void AttentionWeightsCore(Tensor weights, Tensor qkv, in AttentionShape shape, bool causal) =>
        throw new NotImplementedException();
}
