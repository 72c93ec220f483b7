namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private protected override void AttentionWeightsCore(Tensor weights, Tensor qkv, in AttentionShape shape, bool causal)
    {
        var program = CheckHead(nameof(AttentionWeights), qkv, shape, out var plan);
        CheckRows(nameof(AttentionWeights), nameof(qkv), qkv, plan);
        var rows = checked(shape.N * shape.NH);
        var arguments = default(KernelArguments);
        arguments.Add(weights);
        arguments.Add(qkv);
        AddSizes(ref arguments, shape);
        arguments.AddValue(causal ? 1 : 0);
        arguments.AddValue(rows);
        device.Kernel("attention_weights", program).Launch(new LaunchShape((rows + 3) / 4, 128), ref arguments);
    }
}
