using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu;

/// <summary>A parallel loop body; an unmanaged struct that holds its operands.</summary>
internal interface IParallelJob
{
    /// <summary>Does items <paramref name="begin"/> .. <paramref name="end"/> (excluded).</summary>
    /// <param name="begin">First item.</param>
    /// <param name="end">End of the items.</param>
    /// <param name="thread">Which thread of the team this is, for scratch memory; results must not depend on it.</param>
    void Run(long begin, long end, int thread);
}

/// <summary>
/// A fixed team of threads for parallel loops that allocate nothing. Chunks of <c>grain</c> items are handed out by a shared
/// counter, so a result must be a function of the item alone: then it does not depend on the number of threads. Idle workers
/// spin for some tens of microseconds, then park (a parked worker costs 0.13 ms to wake, as much as a small product).
/// </summary>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private const int SpinIterations = 2000;
    private readonly Thread[] _workers;

    // One for each worker: a shared one lets a quick worker take a slower one's wake-up, and the loop never ends.
    private readonly SemaphoreSlim[] _wake;
    private delegate*<void*, long, long, int, void> _body;
    private void* _job;
    private long _count, _grain;
    private long _next;
    private int _generation, _pending, _parked;
    private volatile bool _stop;
    private volatile Exception? _failure;

    public ThreadTeam(int count)
    {
        Count = count;
        _workers = new Thread[count - 1];
        _wake = Array.ConvertAll(_workers, _ => new SemaphoreSlim(0));
        for (var i = 0; i < _workers.Length; i++)
        {
            var index = i + 1;
            _workers[i] = new Thread(() => Work(index)) { IsBackground = true, Name = $"cpu worker {index}" };
            _workers[i].Start();
        }
    }

    /// <summary>Threads, the caller included.</summary>
    public int Count { get; }

    /// <summary>Runs <paramref name="job"/> for items 0 .. <paramref name="count"/> and returns when all are done.</summary>
    /// <param name="job">The loop body.</param>
    /// <param name="count">Number of items.</param>
    /// <param name="grain">Items handed out at a time, at least 1.</param>
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
        Volatile.Write(ref _next, 0);
        Volatile.Write(ref _pending, _workers.Length);
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _parked) > 0)
        {
            WakeAll();
        }

        Drain(0);
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _pending) != 0)
        {
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        if (_failure is { } failure)
        {
            _failure = null;
            throw new InvalidOperationException("A CPU worker failed.", failure);
        }
    }

    public void Dispose()
    {
        _stop = true;
        Interlocked.Increment(ref _generation);
        WakeAll();
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i].Join();
            _wake[i].Dispose();
        }
    }

    private void WakeAll()
    {
        foreach (var wake in _wake)
        {
            wake.Release();
        }
    }

    private static void Invoke<TJob>(void* job, long begin, long end, int thread)
        where TJob : unmanaged, IParallelJob => Unsafe.AsRef<TJob>(job).Run(begin, end, thread);

    private void Work(int index)
    {
        var seen = 0;
        while (true)
        {
            WaitForGeneration(ref seen, _wake[index - 1]);
            if (_stop)
            {
                return;
            }

            try
            {
                Drain(index);
            }
#pragma warning disable CA1031 // whatever happened is handed to the caller of For
            catch (Exception exception)
#pragma warning restore CA1031
            {
                _failure = exception;
            }

            Interlocked.Decrement(ref _pending);
        }
    }

    private void WaitForGeneration(ref int seen, SemaphoreSlim wake)
    {
        for (var i = 0; i < SpinIterations; i++)
        {
            if (Volatile.Read(ref _generation) != seen)
            {
                seen++;
                return;
            }

            Thread.SpinWait(8);
        }

        Interlocked.Increment(ref _parked);
        while (Volatile.Read(ref _generation) == seen)
        {
            wake.Wait();
        }

        Interlocked.Decrement(ref _parked);
        seen++;
    }

    private void Drain(int thread)
    {
        while (true)
        {
            var begin = Interlocked.Add(ref _next, _grain) - _grain;
            if (begin >= _count)
            {
                return;
            }

            _body(_job, begin, Math.Min(begin + _grain, _count), thread);
        }
    }
}
