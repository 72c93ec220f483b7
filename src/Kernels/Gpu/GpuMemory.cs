namespace Inheritune.Kernels.Gpu;

/// <summary>Memory of a GPU.</summary>
internal sealed class GpuMemory : DeviceMemory
{
    private readonly GpuDevice _device;
    private nint _address;

    public GpuMemory(GpuDevice device, long sizeBytes)
        : base(device, sizeBytes)
    {
        _device = device;
        _address = device.AllocateBytes(sizeBytes);
    }

    ~GpuMemory() => Dispose(false);

    internal override nint Address => _address != 0 ? _address : throw new ObjectDisposedException(nameof(GpuMemory));

    protected override void Dispose(bool disposing)
    {
        if (_address != 0)
        {
            _device.Free(_address, atOnce: disposing);
            _address = 0;
        }
    }
}
