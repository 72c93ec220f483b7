using Inheritune.Kernels;
using Kernels.Tests.Gpu;

namespace Kernels.Tests.Attention;

// The attention suites on a GPU and on the emulator, in both element types.

[Collection("cuda")]
public sealed class CudaAttentionBf16Tests : AttentionSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaAttentionCachedTests : AttentionCachedSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaAttentionCachedBf16Tests : AttentionCachedSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaRopeTests : RopeSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaRopeBf16Tests : RopeSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaAttentionWeightsTests : AttentionWeightsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaAttentionWeightsBf16Tests : AttentionWeightsSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("simt")]
public sealed class SimtAttentionBf16Tests : AttentionSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtAttentionCachedTests : AttentionCachedSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtAttentionCachedBf16Tests : AttentionCachedSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtRopeTests : RopeSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtRopeBf16Tests : RopeSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtAttentionWeightsTests : AttentionWeightsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtAttentionWeightsBf16Tests : AttentionWeightsSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}
