using Engine.Tests.Devices;
using Inheritune.Kernels;

namespace Engine.Tests.Generation;

// Decoding on every device.

public sealed class CpuDecodingTests : DecodingSuite
{
    protected override Device Open() => EngineDevices.OpenCpu();
}

[Collection("simt")]
public sealed class SimtDecodingTests : DecodingSuite
{
    protected override Device Open() => EngineDevices.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaDecodingTests : DecodingSuite
{
    protected override Device Open() => EngineDevices.OpenCuda();
}
