using Inheritune.Kernels.Profiling;

namespace Inheritune.Kernels;

/// <summary>A block of device memory. Freed by <see cref="IDisposable.Dispose"/>.</summary>
public abstract class DeviceMemory(Device device, long sizeBytes) : IDisposable
{
    /// <summary>Where the memory lies.</summary>
    public Device Device { get; } = device;

    /// <summary>Size in bytes.</summary>
    public long SizeBytes { get; } = sizeBytes;

    /// <summary>Device address of the first byte, aligned to 256 bytes.</summary>
    internal abstract nint Address { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>
/// A device: memory, copies, one in-order stream of operations, and the operations. Methods only enqueue, unless their
/// name says that they wait (<c>ReadToHost</c>, <c>Synchronize</c>). One thread uses a device at a time.
/// </summary>
public abstract class Device : IDisposable
{
    private ProfilingOps? _profilingOps;

    /// <summary>"cpu", "cuda:0", "simt".</summary>
    public abstract string Name { get; }

    /// <summary>One line for people: model, cores, vector path.</summary>
    public abstract string Description { get; }

    /// <summary>Free memory in bytes, as far as the device can tell.</summary>
    public abstract long FreeMemoryBytes { get; }

    /// <summary>Element type that the device trains fastest in.</summary>
    public virtual DType PreferredType => DType.F32;

    /// <summary>
    /// Choices that were made by timing and on which the bits of results depend, as JSON: a run stores them and goes on with
    /// them. Empty where nothing is timed.
    /// </summary>
    public virtual string Tuning => "";

    /// <summary>The operations of this device.</summary>
    public Ops Ops => _profilingOps ?? PlainOps;

    /// <summary>Time by operation, or null while profiling is off.</summary>
    public OpProfile? Profile { get; private set; }

    /// <summary>Allocates uninitialised memory, aligned to 256 bytes.</summary>
    /// <exception cref="DeviceException">Out of memory; the message has the size asked for and what is free.</exception>
    public abstract DeviceMemory Allocate(long sizeBytes);

    /// <summary>Allocates memory for one tensor; its contents are undefined.</summary>
    public Tensor AllocateTensor(DType dtype, params ReadOnlySpan<long> dimensions)
    {
        var shape = new Shape(dimensions);
        return new Tensor(Allocate(checked(shape.Count * dtype.SizeBytes())), 0, shape, dtype);
    }

    /// <summary>Takes over choices of an earlier <see cref="Tuning"/>, before the first operation.</summary>
    /// <returns>False if they were made on another device or with another library: then they are made anew.</returns>
    public virtual bool TryAdoptTuning(string tuning) => string.IsNullOrEmpty(tuning);

    /// <summary>Waits until everything enqueued is done.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Records the operations that <paramref name="work"/> enqueues, without running them. Every operation of the work
    /// must have run once before, so that nothing is compiled or allocated while recording; the work must not wait for the
    /// device. A device that runs operations at once keeps the work itself.
    /// </summary>
    public virtual DeviceRecording Record(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return new RepeatedWork(work);
    }

    /// <summary>
    /// Begins to make ready what a model's operations need, without waiting: a device that compiles its kernels does so
    /// while the model's weights are loaded.
    /// </summary>
    /// <param name="dtype">Element type of the activations.</param>
    /// <param name="headSize">HS of the attention.</param>
    public virtual void Prepare(DType dtype, int headSize)
    {
    }

    /// <summary>Turns profiling on for whatever takes <see cref="Ops"/> from now on.</summary>
    public OpProfile StartProfiling()
    {
        Profile = new OpProfile(this);
        _profilingOps = new ProfilingOps(PlainOps, Profile);
        return Profile;
    }

    /// <summary>The operations themselves.</summary>
    internal abstract Ops PlainOps { get; }

    internal abstract void Upload(DeviceMemory memory, long byteOffset, ReadOnlySpan<byte> source);

    internal abstract void ReadToHost(Span<byte> destination, DeviceMemory memory, long byteOffset);

    /// <summary>Releases the device.</summary>
    protected abstract void Dispose(bool disposing);
}
