using System.Diagnostics;

namespace Inheritune.Kernels.Profiling;

/// <summary>Time, work and calls of one operation.</summary>
public sealed class OpTiming
{
    /// <summary>Name of the operation, as in "MatmulForward".</summary>
    public required string Name { get; init; }

    /// <summary>Number of calls.</summary>
    public long Calls { get; internal set; }

    /// <summary>Wall time of all calls in milliseconds.</summary>
    public double Milliseconds { get; internal set; }

    /// <summary>Floating-point operations of all calls; 0 where bytes are the better measure.</summary>
    public double Flops { get; internal set; }

    /// <summary>Bytes that the operands of all calls hold: a lower bound of the traffic.</summary>
    public double Bytes { get; internal set; }
}

/// <summary>Where a step's time goes, by operation. Filled while <see cref="Device.Profile"/> is on.</summary>
public sealed class OpProfile
{
    private readonly Device _device;
    private readonly Dictionary<string, OpTiming> _timings = [];

    internal OpProfile(Device device)
    {
        _device = device;
    }

    /// <summary>The operations called so far, the most expensive first.</summary>
    public IReadOnlyList<OpTiming> Timings => [.. _timings.Values.OrderByDescending(t => t.Milliseconds)];

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var timing in _timings.Values)
        {
            (timing.Calls, timing.Milliseconds, timing.Flops, timing.Bytes) = (0, 0, 0, 0);
        }
    }

    internal void Record(string name, long startTimestamp, double flops, double bytes)
    {
        // A device that only enqueues is waited for: one operation at a time, its whole time.
        _device.Synchronize();
        var milliseconds = Stopwatch.GetElapsedTime(startTimestamp).TotalMilliseconds;
        if (!_timings.TryGetValue(name, out var timing))
        {
            _timings[name] = timing = new OpTiming { Name = name };
        }

        timing.Calls++;
        timing.Milliseconds += milliseconds;
        timing.Flops += flops;
        timing.Bytes += bytes;
    }
}
