using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Attention;

public sealed class CpuRopeTests : RopeSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
