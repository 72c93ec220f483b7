using Inheritune.Kernels;

namespace Kernels.Tests.Gpu;

// The suite of the linear layer with bf16 operands.

[Collection("simt")]
public sealed class SimtMatmulBf16Tests : MatmulSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenSimt();
}

public sealed class CudaMatmulBf16Tests : MatmulSuite
{
    protected override DType Element => DType.BF16;

    protected override Device Open(int threads) => GpuTests.OpenCuda();
}
