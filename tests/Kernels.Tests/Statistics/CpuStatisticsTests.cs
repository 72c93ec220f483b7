using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Statistics;

/// <summary>The statistics on the CPU.</summary>
public sealed class CpuStatisticsTests : StatisticsSuite
{
    protected override Device Open(int threads) => new CpuDevice(threads);
}
