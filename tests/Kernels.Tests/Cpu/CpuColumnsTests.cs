using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Cpu;

public sealed class CpuColumnsTests : ColumnsSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
