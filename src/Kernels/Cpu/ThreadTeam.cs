using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Inheritune.Kernels.Cpu;

/// <summary>A parallel loop body; an unmanaged struct that holds its operands.</summary>
internal interface IParallelJob
{
    /// <summary>Does items <paramref name="begin"/> .. <paramref name="end"/> (excluded).</summary>
    /// <param name="begin">First item.</param>
    /// <param name="end">End of the items.</param>
    /// <param name="thread">
    /// Which thread of the team this is, for scratch memory; results must not depend on it.
    /// </param>
    void Run(long begin, long end, int thread);
}

/// <summary>
/// A fixed team of threads for parallel loops that allocate nothing. Chunks of <c>grain</c> items are handed
/// out by a shared counter, so a result must be a function of the item alone: then it does not depend on the
/// number of threads. Idle workers spin for some tens of microseconds, then park (a parked worker costs 0.13
/// ms to wake, as much as a small product). The caller is thread 0, and waits only for workers that have
/// joined the loop: one that wakes late, because somebody else has its core, finds the loop closed and delays
/// nobody.
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    // State of the current loop in one word, so that joining and closing are single atomic steps:
    // bits 0-15 workers inside, bit 16 open, bits 17 and up number of the loop.
    private const long Open = 1 << 16, NextLoop = 1 << 17, InsideMask = Open - 1;

    private static readonly long SpinTicks = Stopwatch.Frequency * 80 / 1_000_000;
    private readonly Thread[] _workers;
    private readonly object _gate = new();
    private delegate*<void*, long, long, int, void> _body;
    private void* _job;
    private long _count, _grain;
    private long _state;
    private int _parked;
    private bool _stop;
    private ExceptionDispatchInfo? _failure;
    private PaddedCounter _next;

    public ThreadTeam(int count)
    {
        Count = count;

        // The first call of these binds native code and may allocate: here, not in the middle of a step.
        Thread.Yield();
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        _workers = new Thread[count - 1];
        for (var i = 0; i < _workers.Length; i++)
        {
            var index = i + 1;
            _workers[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"cpu worker {index}" };
            _workers[i].Start();
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Count { get; }

    /// <summary>
    /// Runs <paramref name="job"/> for items 0 .. <paramref name="count"/> and returns when all are done.
    /// </summary>
    /// <param name="job">The loop body.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="grain">Items handed out at a time, at least 1.</param>
    /// <remarks>
    /// The first exception of a loop body is thrown here; items not yet begun are then left out.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void For<TJob>(in TJob job, long count, long grain)
        where TJob : unmanaged, IParallelJob
    {
        if (count <= 0)
        {
            return;
        }

        var copy = job;
        if (Count == 1 || count <= grain)
        {
            copy.Run(0, count, 0);
            return;
        }

        _body = &Invoke<TJob>;
        _job = &copy;
        _count = count;
        _grain = Math.Max(1, grain);
        _next.Value = 0;

        // NOTE: a full fence between publishing the loop and reading _parked; Park has its mirror image.
        Interlocked.Exchange(ref _state, ((_state & ~InsideMask) | Open) + NextLoop);
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }

        Drain(0);
        Interlocked.And(ref _state, ~Open);
        WaitForWorkers();
        if (_failure is { } failure)
        {
            _failure = null;
            failure.Throw();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            Volatile.Write(ref _stop, true);
            Monitor.PulseAll(_gate);
        }

        foreach (var worker in _workers)
        {
            worker.Join();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Invoke<TJob>(void* job, long begin, long end, int thread)
        where TJob : unmanaged, IParallelJob => Unsafe.AsRef<TJob>(job).Run(begin, end, thread);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void WaitForWorkers()
    {
        for (var i = 0; (Volatile.Read(ref _state) & InsideMask) != 0; i++)
        {
            if (i < 1000)
            {
                Thread.SpinWait(4);
            }
            else
            {
                // The worker may be waiting for this core.
                Thread.Yield();
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Work(int index)
    {
        long seen = 0;
        while (WaitForLoop(ref seen))
        {
            var state = Volatile.Read(ref _state);
            while ((state & Open) != 0)
            {
                var found = Interlocked.CompareExchange(ref _state, state + 1, state);
                if (found == state)
                {
                    // Inside: the operands stay as they are until this worker has left.
                    seen = state & ~(InsideMask | Open);
                    Drain(index);
                    Interlocked.Decrement(ref _state);
                    break;
                }

                state = found;
            }
        }
    }

    /// <summary>
    /// Waits for a loop that this worker has not seen; false when the team is being disposed of.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool WaitForLoop(ref long seen)
    {
        var start = Stopwatch.GetTimestamp();
        do
        {
            for (var i = 0; i < 16; i++)
            {
                if (IsNew(ref seen))
                {
                    return true;
                }

                Thread.SpinWait(4);
            }
        }
        while (Stopwatch.GetTimestamp() - start < SpinTicks);

        return Park(ref seen);
    }

    private bool Park(ref long seen)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            while (!_stop && !IsNew(ref seen))
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _parked);
            return !_stop;
        }
    }

    private bool IsNew(ref long seen)
    {
        var loop = Volatile.Read(ref _state) & ~(InsideMask | Open);
        var isNew = loop != seen;
        seen = loop;
        return isNew;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Drain(int thread)
    {
        try
        {
            while (true)
            {
                var begin = Interlocked.Add(ref _next.Value, _grain) - _grain;
                if (begin >= _count)
                {
                    return;
                }

                _body(_job, begin, Math.Min(begin + _grain, _count), thread);
            }
        }
#pragma warning disable CA1031 // whatever happened is handed to the caller of For
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Interlocked.Add(ref _next.Value, _count);
        }
    }

    /// <summary>On cache lines of its own: every thread writes it.</summary>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit,
        Size = 192)]
    private struct PaddedCounter
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long Value;
    }
}
