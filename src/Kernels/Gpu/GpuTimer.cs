using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;
using Events = ManagedCuda.DriverAPINativeMethods.Events;

namespace Inheritune.Kernels.Gpu;

/// <summary>Time between two places of a device's stream, taken by the device.</summary>
internal sealed class GpuTimer : IDisposable
{
    private readonly GpuDevice _device;
    private CUevent _start;
    private CUevent _end;

    public GpuTimer(GpuDevice device)
    {
        _device = device;
        device.MakeCurrent();
        CudaErrors.Check(Events.cuEventCreate(ref _start, CUEventFlags.Default), "Create an event");
        CudaErrors.Check(Events.cuEventCreate(ref _end, CUEventFlags.Default), "Create an event");
    }

    /// <summary>Marks the beginning; enqueued.</summary>
    public void Start() => Mark(_start);

    /// <summary>Marks the end; enqueued.</summary>
    public void Stop() => Mark(_end);

    /// <summary>Waits for the end and returns milliseconds since the beginning.</summary>
    public double ReadElapsedMs()
    {
        _device.MakeCurrent();
        _device.CheckWait(Events.cuEventSynchronize(_end), nameof(ReadElapsedMs));
        var elapsedMs = 0f;
        CudaErrors.Check(Events.cuEventElapsedTime(ref elapsedMs, _start, _end), nameof(ReadElapsedMs));
        return elapsedMs;
    }

    public void Dispose()
    {
        _device.MakeCurrent();
        _ = Events.cuEventDestroy_v2(_start);
        _ = Events.cuEventDestroy_v2(_end);
    }

    private void Mark(CUevent mark)
    {
        _device.MakeCurrent();
        CudaErrors.Check(Events.cuEventRecord(mark, _device.StreamHandle), "Record an event");
    }
}
