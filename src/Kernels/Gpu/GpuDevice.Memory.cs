using System.Collections.Concurrent;
using Inheritune.Kernels.Cuda;
using ManagedCuda.BasicTypes;
using Copies = ManagedCuda.DriverAPINativeMethods.AsynchronousMemcpy_v2;
using Events = ManagedCuda.DriverAPINativeMethods.Events;
using Memory = ManagedCuda.DriverAPINativeMethods.MemoryManagement;
using Streams = ManagedCuda.DriverAPINativeMethods.Streams;

namespace Inheritune.Kernels.Gpu;

public sealed partial class GpuDevice
{
    private const int StagingBytes = 4 << 20;
    private const int StagingBlocks = 4;
    private const int StagingAlignment = 256;

    // Pinned blocks that uploads pass through, in a ring. A block's event is recorded when the ring leaves it.
    private readonly StagingBlock[] _staging = new StagingBlock[StagingBlocks];
    private readonly StagingBlock[] _reading = new StagingBlock[2];
    private readonly List<nint> _scratch = [];
    private readonly ConcurrentQueue<nint> _deferred = new();
    private int _stagingIndex;
    private int _stagingUsed;
    private nint _scratchAddress;
    private long _scratchBytes;

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeBytes);
        return new GpuMemory(this, sizeBytes);
    }

    /// <summary>
    /// Address of scratch memory for partial results of one operation: the next operation of the stream may overwrite
    /// it. A larger request than ever before allocates; earlier blocks live as long as the device, because recordings
    /// hold their addresses.
    /// </summary>
    internal nint Scratch(long sizeBytes)
    {
        if (sizeBytes > _scratchBytes)
        {
            // More than asked for: few blocks are left behind by requests that grow step by step.
            _scratchBytes = Math.Max(Math.Max(sizeBytes, 1 << 20), _scratchBytes + Math.Min(_scratchBytes, 64 << 20));
            _scratchAddress = AllocateRaw(_scratchBytes);
            _scratch.Add(_scratchAddress);
        }

        return _scratchAddress;
    }

    /// <summary>Memory whose owner is counted as a user of the device's context.</summary>
    internal nint AllocateBytes(long sizeBytes)
    {
        FreeDeferred();
        var address = AllocateRaw(sizeBytes);
        Interlocked.Increment(ref _users);
        return address;
    }

    /// <summary>Frees memory of <see cref="AllocateBytes"/>.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="atOnce">False on the finalizer's thread: freeing waits for the device, and the thread that uses the
    /// device does it when it allocates or waits next.</param>
    internal void Free(nint address, bool atOnce)
    {
        if (!atOnce && !_isDisposed)
        {
            _deferred.Enqueue(address);
            return;
        }

        SetCurrent();
        _ = Memory.cuMemFree_v2(Address(address));
        if (_isDisposed)
        {
            _current = null;
        }

        Leave();
    }

    /// <summary>Copies between places of this device; enqueued.</summary>
    internal void CopyBytes(nint destination, nint source, long sizeBytes)
    {
        MakeCurrent();
        CudaErrors.Check(
            Copies.cuMemcpyDtoDAsync_v2(Address(destination), Address(source), sizeBytes, _stream), "Copy");
    }

    /// <summary>Fills memory with one byte; enqueued.</summary>
    internal void FillBytes(nint destination, byte value, long sizeBytes)
    {
        MakeCurrent();
        CudaErrors.Check(
            ManagedCuda.DriverAPINativeMethods.MemsetAsync.cuMemsetD8Async(
                Address(destination), value, sizeBytes, _stream),
            "Fill");
    }

    internal override unsafe void Upload(DeviceMemory memory, long byteOffset, ReadOnlySpan<byte> source)
    {
        MakeCurrent();
        RequireNoRecording(nameof(Upload));
        var target = memory.Address + (nint)byteOffset;
        while (source.Length > 0)
        {
            if (_stagingUsed == StagingBytes)
            {
                NextStagingBlock();
            }

            ref var block = ref _staging[_stagingIndex];
            Open(ref block);
            var count = Math.Min(source.Length, StagingBytes - _stagingUsed);
            source[..count].CopyTo(new Span<byte>((byte*)block.Address + _stagingUsed, count));
            CheckWait(
                Copies.cuMemcpyHtoDAsync_v2(Address(target), block.Address + _stagingUsed, count, _stream),
                nameof(Upload));
            _stagingUsed = Math.Min(
                StagingBytes, (_stagingUsed + count + StagingAlignment - 1) / StagingAlignment * StagingAlignment);
            source = source[count..];
            target += count;
        }
    }

    internal override unsafe void ReadToHost(Span<byte> destination, DeviceMemory memory, long byteOffset)
    {
        MakeCurrent();
        RequireNoRecording(nameof(ReadToHost));
        var source = memory.Address + (nint)byteOffset;

        // Two pinned blocks in turn: one is filled by the device while the other is copied out.
        long enqueued = 0, copied = 0;
        for (var turn = 0; copied < destination.Length; turn ^= 1)
        {
            while (enqueued < destination.Length && enqueued - copied < 2 * StagingBytes)
            {
                ref var next = ref _reading[enqueued / StagingBytes % 2];
                Open(ref next);
                var count = Math.Min(StagingBytes, destination.Length - enqueued);
                CheckWait(
                    Copies.cuMemcpyDtoHAsync_v2(next.Address, Address(source + (nint)enqueued), count, _stream),
                    nameof(ReadToHost));
                CudaErrors.Check(Events.cuEventRecord(next.Event, _stream), nameof(ReadToHost));
                enqueued += count;
            }

            ref var block = ref _reading[turn];
            CheckWait(Events.cuEventSynchronize(block.Event), nameof(ReadToHost));
            var length = (int)Math.Min(StagingBytes, destination.Length - copied);
            new ReadOnlySpan<byte>((void*)block.Address, length).CopyTo(destination[(int)copied..]);
            copied += length;
        }
    }

    private nint AllocateRaw(long sizeBytes)
    {
        MakeCurrent();
        var address = default(CUdeviceptr);
        var result = Memory.cuMemAlloc_v2(ref address, Math.Max(sizeBytes, 1));
        if (result != CUResult.Success)
        {
            ThrowAllocation(result, sizeBytes);
        }

        return (nint)(long)address.Pointer;
    }

    private void ThrowAllocation(CUResult result, long sizeBytes)
    {
        if (result != CUResult.ErrorOutOfMemory)
        {
            CheckWait(result, "Allocate");
        }

        var (free, total) = MemoryInfo();
        throw new DeviceException(
            $"Allocate: {sizeBytes / (1024.0 * 1024.0):F1} MiB on {Name}: out of memory, free "
            + $"{free / (1024.0 * 1024.0):F1} MiB of {total / (1024.0 * 1024.0):F1} MiB. Lower the batch or the sequence "
            + "length, or stop other programs on this device.");
    }

    private void FreeDeferred()
    {
        while (_deferred.TryDequeue(out var address))
        {
            SetCurrent();
            _ = Memory.cuMemFree_v2(Address(address));
            Leave();
        }
    }

    private void NextStagingBlock()
    {
        CudaErrors.Check(Events.cuEventRecord(_staging[_stagingIndex].Event, _stream), nameof(Upload));
        _staging[_stagingIndex].IsRecorded = true;
        _stagingIndex = (_stagingIndex + 1) % StagingBlocks;
        _stagingUsed = 0;
        if (_staging[_stagingIndex].IsRecorded)
        {
            CheckWait(Events.cuEventSynchronize(_staging[_stagingIndex].Event), nameof(Upload));
        }
    }

    private static void Open(ref StagingBlock block)
    {
        if (block.Address == 0)
        {
            CudaErrors.Check(
                Memory.cuMemHostAlloc(ref block.Address, StagingBytes, CUMemHostAllocFlags.None), "Allocate pinned memory");
            CudaErrors.Check(Events.cuEventCreate(ref block.Event, CUEventFlags.DisableTiming), "Create an event");
        }
    }

    private void FreeStaging()
    {
        foreach (var block in _staging.Concat(_reading).Where(block => block.Address != 0))
        {
            _ = Memory.cuMemFreeHost(block.Address);
            _ = Events.cuEventDestroy_v2(block.Event);
        }
    }

    private struct StagingBlock
    {
        public nint Address;
        public CUevent Event;
        public bool IsRecorded;
    }
}
