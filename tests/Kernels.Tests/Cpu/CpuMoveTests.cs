using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Cpu;

public sealed class CpuMoveTests : MoveSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
