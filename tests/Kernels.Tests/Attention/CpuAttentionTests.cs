using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Attention;

/// <summary>The CPU with the vectors it picks.</summary>
public sealed class CpuAttentionTests : AttentionSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
