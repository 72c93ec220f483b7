using Engine.Tests.Model;
using Engine.Tests.Training;
using Inheritune.Kernels;

namespace Engine.Tests.Devices;

// The golden suites of whole models and trainings, on every device.

public sealed class CpuCheckpointGoldenTests : CheckpointGoldenSuite
{
    protected override Device Open() => EngineDevices.OpenCpu();
}

[Collection("simt")]
public sealed class SimtCheckpointGoldenTests : CheckpointGoldenSuite
{
    protected override Device Open() => EngineDevices.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaCheckpointGoldenTests : CheckpointGoldenSuite
{
    protected override Device Open() => EngineDevices.OpenCuda();
}

public sealed class CpuAdamWGoldenTests(ITestOutputHelper output) : AdamWGoldenSuite(output)
{
    protected override Device Open() => EngineDevices.OpenCpu();
}

[Collection("simt")]
public sealed class SimtAdamWGoldenTests(ITestOutputHelper output) : AdamWGoldenSuite(output)
{
    protected override Device Open() => EngineDevices.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaAdamWGoldenTests(ITestOutputHelper output) : AdamWGoldenSuite(output)
{
    protected override Device Open() => EngineDevices.OpenCuda();
}

[Collection("simt")]
public sealed class SimtPrecisionTests : PrecisionSuite
{
    protected override Device Open() => EngineDevices.OpenSimt();
}

[Collection("cuda")]
public sealed class CudaPrecisionTests : PrecisionSuite
{
    protected override Device Open() => EngineDevices.OpenCuda();
}
