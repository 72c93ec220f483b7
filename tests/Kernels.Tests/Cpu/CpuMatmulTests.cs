using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Cpu;

/// <summary>The CPU with the vectors it picks.</summary>
public sealed class CpuMatmulTests : MatmulSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
