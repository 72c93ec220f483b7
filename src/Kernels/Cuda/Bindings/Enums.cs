namespace ManagedCuda.BasicTypes;

// Values of cuda.h, as far as the engine names them.

internal enum CUResult
{
    Success = 0,
    ErrorInvalidValue = 1,
    ErrorOutOfMemory = 2,
    ErrorNotInitialized = 3,
    ErrorStubLibrary = 34,
    ErrorNoDevice = 100,
    ErrorInvalidDevice = 101,
    ErrorInvalidImage = 200,
    ErrorInvalidContext = 201,
    ErrorNoBinaryForGPU = 209,
    ErrorInvalidPtx = 218,
    UnsupportedPTXVersion = 222,
    ErrorInvalidHandle = 400,
    ErrorNotFound = 500,
    ErrorNotReady = 600,
    ErrorIllegalAddress = 700,
    ErrorLaunchOutOfResources = 701,
    ErrorIllegalInstruction = 715,
    ErrorMisalignedAddress = 716,
    ErrorLaunchFailed = 719,
    ErrorNotSupported = 801,
    ErrorSystemDriverMismatch = 803,
    ErrorStreamCaptureUnsupported = 900,
    ErrorStreamCaptureInvalidated = 901,
}

internal enum CUInitializationFlags : uint
{
    None = 0,
}

internal enum CUStreamFlags : uint
{
    Default = 0,
    NonBlocking = 1,
}

internal enum CUEventFlags
{
    Default = 0,
    BlockingSync = 1,
    DisableTiming = 2,
}

internal enum CUMemHostAllocFlags
{
    None = 0,
    Portable = 1,
}

internal enum CUstreamCaptureMode
{
    Global = 0,
    ThreadLocal = 1,
    Relaxed = 2,
}

internal enum CUGraphInstantiate_flags : ulong
{
    None = 0,
}

internal enum CUDeviceAttribute
{
    ClockRate = 13,
    MultiProcessorCount = 16,
    MemoryClockRate = 36,
    GlobalMemoryBusWidth = 37,
    L2CacheSize = 38,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    MaxSharedMemoryPerBlockOptin = 97,
}

internal enum CUFunctionAttribute
{
    MaxThreadsPerBlock = 0,
    SharedSizeBytes = 1,
    LocalSizeBytes = 3,
    NumRegs = 4,
    MaxDynamicSharedSizeBytes = 8,
}

internal enum cudaDataType
{
    CUDA_R_32F = 0,
    CUDA_R_16BF = 14,
}
