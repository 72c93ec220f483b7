using System.Diagnostics;
using Inheritune.Kernels.Cpu;

namespace Inheritune.Bench;

/// <summary>What this machine can do right now, for shares: multiply-adds out of registers, and memory traffic.</summary>
/// <param name="FmaGigaflops">f32 multiply-adds, all threads, GFLOP/s.</param>
/// <param name="ReadGigabytes">Plain read of memory, GB/s.</param>
/// <param name="TriadGigabytes">a = b + s c, three streams, GB/s.</param>
public sealed record MachinePeak(double FmaGigaflops, double ReadGigabytes, double TriadGigabytes)
{
    /// <summary>Measures in about half a second: the best of several short runs.</summary>
    public static MachinePeak Measure(int threads = 0)
    {
        using var device = new CpuDevice(threads);
        using var memory = device.Allocate(3L * PeakJob.StreamBytes);
        var team = device.Threads;
        return Measure(team, memory.Address);
    }

    /// <summary>As in "peak 231 GFLOP/s f32, read 48 GB/s, triad 52 GB/s".</summary>
    public override string ToString() =>
        $"peak {FmaGigaflops:F0} GFLOP/s f32, read {ReadGigabytes:F1} GB/s, triad {TriadGigabytes:F1} GB/s";

    private static MachinePeak Measure(ThreadTeam team, nint address)
    {
        var fma = Best(team, new PeakJob { Kind = PeakKind.Fma, Memory = address }, 64, 40);
        Best(team, new PeakJob { Kind = PeakKind.Touch, Memory = address }, PeakJob.Blocks, 1);
        var read = Best(team, new PeakJob { Kind = PeakKind.Read, Memory = address }, PeakJob.Blocks);
        var triad = Best(team, new PeakJob { Kind = PeakKind.Triad, Memory = address }, PeakJob.Blocks);
        return new MachinePeak(
            64 * PeakJob.FmaFlops / fma / 1e9,
            PeakJob.StreamBytes / read / 1e9,
            3.0 * PeakJob.StreamBytes / triad / 1e9);
    }

    private static double Best(ThreadTeam team, in PeakJob job, long items, int runs = 15)
    {
        var best = double.MaxValue;
        for (var run = 0; run < runs; run++)
        {
            var start = Stopwatch.GetTimestamp();
            team.For(job, items, 1);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
