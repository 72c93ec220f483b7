using Inheritune.Kernels;
using Kernels.Tests.Attention;
using Kernels.Tests.Gpu.Fragments;
using Kernels.Tests.Statistics;

namespace Kernels.Tests.Gpu;

// The op suites on the emulator: the same launchers and kernels as on a GPU.

[Collection("simt")]
public sealed class SimtActivationTests : ActivationSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtEmbeddingTests : EmbeddingSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtLossTests : LossSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtMatmulTests : MatmulSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtMoveTests : MoveSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtNormTests : NormSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtOptimizerTests : OptimizerSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtAttentionTests : AttentionSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtStatisticsTests : StatisticsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtFragmentTests : FragmentSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}
