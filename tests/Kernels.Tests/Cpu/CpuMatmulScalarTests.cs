using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cpu.Gemm;

namespace Kernels.Tests.Cpu;

/// <summary>The CPU without vectors, whatever the processor could do.</summary>
public sealed class CpuMatmulScalarTests : MatmulSuite
{
    protected override Device Open(int threads)
    {
        var device = new CpuDevice(threads);
        ((CpuOps)device.PlainOps).GemmPath = GemmPath.Scalar;
        return device;
    }
}
