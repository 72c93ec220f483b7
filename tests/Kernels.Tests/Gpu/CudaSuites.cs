using Inheritune.Kernels;
using Kernels.Tests.Attention;
using Kernels.Tests.Gpu.Fragments;
using Kernels.Tests.Statistics;

namespace Kernels.Tests.Gpu;

// The op suites on a GPU.

[Collection("cuda")]
public sealed class CudaActivationTests : ActivationSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaEmbeddingTests : EmbeddingSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaLossTests : LossSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaMatmulTests : MatmulSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaMoveTests : MoveSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaNormTests : NormSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaOptimizerTests : OptimizerSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaAttentionTests : AttentionSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaStatisticsTests : StatisticsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaFragmentTests : FragmentSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}
