using System.Runtime.Intrinsics;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cpu.Attention;

namespace Kernels.Tests.Attention;

/// <summary>The CPU with vectors of 256 bits, whatever the processor could do.</summary>
public sealed class CpuAttention256Tests : AttentionSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);

    protected override void CallForward(Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        ((CpuOps)Device.PlainOps).Forward<Simd256, Vector256<float>>(output, logSumExp, qkv, shape);

    protected override void CallBackward(
        Tensor dQkv, Tensor dOutput, Tensor output, Tensor logSumExp, Tensor qkv, in AttentionShape shape) =>
        ((CpuOps)Device.PlainOps).Backward<Simd256, Vector256<float>>(dQkv, dOutput, output, logSumExp, qkv, shape);
}
