using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu;

/// <summary>Native memory, aligned to 256 bytes.</summary>
internal sealed unsafe class CpuMemory : DeviceMemory
{
    private void* _pointer;

    public CpuMemory(Device device, long sizeBytes)
        : base(device, sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        try
        {
            _pointer = NativePages.Allocate(sizeBytes);
        }
        catch (OutOfMemoryException exception)
        {
            throw new DeviceException(
                $"Allocate: {sizeBytes / (1024.0 * 1024.0):F1} MiB on {device.Name}: out of memory, free "
                + $"{device.FreeMemoryBytes / (1024.0 * 1024.0):F1} MiB. Lower the batch or the sequence length.",
                exception);
        }
    }

    ~CpuMemory() => Dispose(false);

    internal override nint Address => _pointer is not null
        ? (nint)_pointer
        : throw new ObjectDisposedException(nameof(CpuMemory));

    protected override void Dispose(bool disposing)
    {
        if (_pointer is not null)
        {
            NativeMemory.AlignedFree(_pointer);
            _pointer = null;
        }
    }
}
