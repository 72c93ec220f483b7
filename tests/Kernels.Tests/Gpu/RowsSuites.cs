using Inheritune.Kernels;

namespace Kernels.Tests.Gpu;

// The suites of row-wise operations with bf16 elements, and those of columns, on a GPU and on the emulator.

[Collection("simt")]
public sealed class SimtActivationBf16Tests : ActivationSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtEmbeddingBf16Tests : EmbeddingSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtLossBf16Tests : LossSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtMoveBf16Tests : MoveSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtNormBf16Tests : NormSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("simt")]
public sealed class SimtOptimizerBf16Tests : OptimizerSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaActivationBf16Tests : ActivationSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaEmbeddingBf16Tests : EmbeddingSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaLossBf16Tests : LossSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaMoveBf16Tests : MoveSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaNormBf16Tests : NormSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("cuda")]
public sealed class CudaOptimizerBf16Tests : OptimizerSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}

[Collection("simt")]
public sealed class SimtColumnsTests : ColumnsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaColumnsTests : ColumnsSuite
{
    protected override Device Open(int threads) => GpuTests.OpenCuda();
}
