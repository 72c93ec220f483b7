namespace Inheritune.Kernels.Gpu;

/// <summary>A GPU, or the emulator of one: memory, one stream, compiled kernels, recordings.</summary>
public sealed class GpuDevice : Device
{
    /// <inheritdoc/>
    public override string Name => throw new NotImplementedException();

    /// <inheritdoc/>
    public override string Description => throw new NotImplementedException();

    /// <inheritdoc/>
    public override long FreeMemoryBytes => throw new NotImplementedException();

    internal override Ops PlainOps => throw new NotImplementedException();

    /// <summary>Limits and sizes.</summary>
    internal GpuProperties Properties => throw new NotImplementedException();

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long sizeBytes) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override void Synchronize() => throw new NotImplementedException();

    /// <summary>A kernel of a specialisation; compiled and loaded the first time, then a look-up.</summary>
    internal GpuKernel Kernel(string name, in KernelProgram program) => throw new NotImplementedException();

    /// <summary>
    /// Address of scratch memory for partial results of one operation: the next operation of the stream may overwrite
    /// it. A larger request than ever before allocates; earlier blocks live as long as the device, because recordings
    /// hold their addresses.
    /// </summary>
    internal nint Scratch(long sizeBytes) => throw new NotImplementedException();

    internal override void Upload(DeviceMemory memory, long byteOffset, ReadOnlySpan<byte> source) =>
        throw new NotImplementedException();

    internal override void ReadToHost(Span<byte> destination, DeviceMemory memory, long byteOffset) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
