using System.Text;
using Inheritune.Kernels.Cuda;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using Context = ManagedCuda.DriverAPINativeMethods.ContextManagement;
using Streams = ManagedCuda.DriverAPINativeMethods.Streams;

namespace Inheritune.Kernels.Gpu;

/// <summary>A GPU, or the emulator of one: memory, one stream, compiled kernels, recordings.</summary>
public sealed partial class GpuDevice : Device
{
    // The device whose context is current on this thread: threads of the pool start without one.
    [ThreadStatic]
    private static GpuDevice? _current;

    private readonly CUdevice _device;
    private readonly CUcontext _context;
    private readonly CUstream _stream;
    private readonly GpuOps _ops;
    private readonly string _name;
    private int _users = 1;
    private bool _isDisposed;

    /// <summary>Opens a GPU.</summary>
    /// <param name="provider">NVIDIA's driver, or the emulator.</param>
    /// <param name="ordinal">Number of the GPU.</param>
    /// <exception cref="DeviceException">No driver, no such GPU, or it does not start; the message says which.</exception>
    internal GpuDevice(DriverProvider provider, int ordinal)
    {
        NativeLibraries.Choose(provider);
        _name = provider switch
        {
            DriverProvider.Gpu => $"cuda:{ordinal}",
            DriverProvider.Simt => "simt",
            _ => "simt:checked",
        };
        CudaErrors.Check(DriverAPINativeMethods.cuInit(CUInitializationFlags.None), _name);
        RequireDriver(provider);
        RequireOrdinal(ordinal);
        CudaErrors.Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGet(ref _device, ordinal), _name);
        Properties = ReadProperties(provider != DriverProvider.Gpu);
        CudaErrors.Check(Context.cuDevicePrimaryCtxRetain(ref _context, _device), _name);
        MakeCurrent();
        CudaErrors.Check(Streams.cuStreamCreate(ref _stream, CUStreamFlags.NonBlocking), _name);
        _compiler = Properties.IsEmulated ? new SimtCompiler() : new NvrtcCompiler(Properties, CubinCache.OfUser());
        _ops = new GpuOps(this);
    }

    /// <summary>Frees what a device that was not disposed left.</summary>
    ~GpuDevice() => Dispose(false);

    /// <inheritdoc/>
    public override string Name => _name;

    /// <inheritdoc/>
    public override string Description
    {
        get
        {
            var memory = $"{ToGiB(TotalMemoryBytes)} GiB";
            return Properties.IsEmulated
                ? $"kernels.cu under an emulator of sm_{Properties.ComputeMajor}{Properties.ComputeMinor}: for checking, far "
                    + "slower than cpu"
                : $"{Properties.Name}, sm_{Properties.ComputeMajor}{Properties.ComputeMinor}, "
                    + $"{Properties.Multiprocessors} multiprocessors, {memory}; {_ops.GemmNote}";
        }
    }

    /// <inheritdoc/>
    public override long FreeMemoryBytes => MemoryInfo().Free;

    /// <inheritdoc/>
    public override DType PreferredType => Properties.IsEmulated ? DType.F32 : DType.BF16;

    /// <inheritdoc/>
    public override string Tuning => _ops.ExportTuning();

    /// <inheritdoc/>
    public override bool TryAdoptTuning(string tuning) => string.IsNullOrEmpty(tuning) || _ops.TryImportTuning(tuning);

    /// <summary>Who computes matrix products; before the first of them.</summary>
    /// <exception cref="DeviceException">Another word than auto, own or cublaslt.</exception>
    internal void ChooseGemm(string gemm) => _ops.GemmChoice = GemmChoices.Parse(gemm);

    /// <summary>Memory of the device in bytes.</summary>
    internal long TotalMemoryBytes => MemoryInfo().Total;

    internal override Ops PlainOps => _ops;

    /// <summary>Limits and sizes.</summary>
    internal GpuProperties Properties { get; }

    /// <summary>The stream of every operation.</summary>
    internal nint Stream => _stream.Pointer;

    internal CUstream StreamHandle => _stream;

    /// <inheritdoc/>
    public override void Synchronize()
    {
        MakeCurrent();
        CheckWait(Streams.cuStreamSynchronize(_stream), nameof(Synchronize));
        FreeDeferred();
    }

    /// <summary>Makes this device's context current on the calling thread.</summary>
    internal void MakeCurrent()
    {
        if (_current != this)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            SetCurrent();
        }
    }

    /// <summary>Throws what a call that waits or copies reports, be it its own fault or a kernel's.</summary>
    internal void CheckWait(CUResult result, string operation)
    {
        if (result == CUResult.Success)
        {
            return;
        }

        if (CudaErrors.IsKernelFault(result))
        {
            CudaErrors.ThrowFault(result, $"{operation} on {Name}", _lastKernel, _lastShape);
        }

        CudaErrors.Throw(result, $"{operation} on {Name}");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isDisposed)
        {
            return;
        }

        // Set at once: a constructor that threw left nothing to release.
        _isDisposed = true;
        if (_stream.Pointer == 0)
        {
            return;
        }

        SetCurrent();
        _ = Streams.cuStreamSynchronize(_stream);
        if (disposing)
        {
            _ops.Close();
        }

        FreeDeferred();
        FreeStaging();
        foreach (var block in _scratch)
        {
            _ = DriverAPINativeMethods.MemoryManagement.cuMemFree_v2(Address(block));
        }

        foreach (var module in _modules.Values)
        {
            _ = DriverAPINativeMethods.ModuleManagement.cuModuleUnload(module);
        }

        _ = Streams.cuStreamDestroy_v2(_stream);
        _current = null;
        Leave();
    }

    private void SetCurrent()
    {
        CudaErrors.Check(Context.cuCtxSetCurrent(_context), Name);
        _current = this;
    }

    // The context lives until the device and its last block of memory are gone.
    private void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            _ = Context.cuDevicePrimaryCtxRelease(_device);
        }
    }

    private static void RequireDriver(DriverProvider provider)
    {
        var version = 0;
        _ = DriverAPINativeMethods.cuDriverGetVersion(ref version);
        if (provider == DriverProvider.Gpu && version is > 0 and < 12000)
        {
            throw new DeviceException(
                $"--device: cuda: the driver supports CUDA {version / 1000}.{version % 1000 / 10}: expected 12.0 or newer. "
                + "Update NVIDIA's driver.");
        }
    }

    private void RequireOrdinal(int ordinal)
    {
        var count = 0;
        CudaErrors.Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGetCount(ref count), _name);
        if (ordinal >= count)
        {
            throw new DeviceException(
                $"--device: {_name}: expected a number below {count}, the GPUs present. CUDA_VISIBLE_DEVICES may hide some.");
        }
    }

    private GpuProperties ReadProperties(bool isEmulated)
    {
        var name = new byte[256];
        CudaErrors.Check(DriverAPINativeMethods.DeviceManagement.cuDeviceGetName(name, name.Length, _device), _name);
        return new GpuProperties(
            Encoding.UTF8.GetString(name).TrimEnd('\0'),
            Attribute(CUDeviceAttribute.ComputeCapabilityMajor),
            Attribute(CUDeviceAttribute.ComputeCapabilityMinor),
            Attribute(CUDeviceAttribute.MultiProcessorCount),
            Attribute(CUDeviceAttribute.MaxSharedMemoryPerBlockOptin),
            Attribute(CUDeviceAttribute.L2CacheSize),
            isEmulated);
    }

    private int Attribute(CUDeviceAttribute attribute)
    {
        var value = 0;
        CudaErrors.Check(
            DriverAPINativeMethods.DeviceManagement.cuDeviceGetAttribute(ref value, attribute, _device), _name);
        return value;
    }

    private (long Free, long Total) MemoryInfo()
    {
        MakeCurrent();
        SizeT free = 0, total = 0;
        CudaErrors.Check(DriverAPINativeMethods.MemoryManagement.cuMemGetInfo_v2(ref free, ref total), Name);
        return (free, total);
    }

    private static string ToGiB(long bytes) => $"{bytes / (1024.0 * 1024 * 1024):F1}";

    private static CUdeviceptr Address(nint address) => new() { Pointer = (long)address };
}
