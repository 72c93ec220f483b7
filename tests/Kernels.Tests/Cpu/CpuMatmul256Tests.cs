using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;
using Inheritune.Kernels.Cpu.Gemm;

namespace Kernels.Tests.Cpu;

/// <summary>The CPU with vectors of 256 bits, whatever the processor could do.</summary>
public sealed class CpuMatmul256Tests : MatmulSuite
{
    protected override Device Open(int threads)
    {
        var device = new CpuDevice(threads);
        ((CpuOps)device.PlainOps).GemmPath = GemmPath.Vector256;
        return device;
    }
}
