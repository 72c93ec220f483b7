using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Inheritune.Bench;

/// <summary>
/// Wall time, and the processor time of the calling thread: on a machine shared with other programs the
/// latter stays within some per cent of quiet wall time while wall time doubles.
/// </summary>
internal static partial class GemmClock
{
    private const int ThreadClock = 3;

    /// <summary>Whether processor time can be read.</summary>
    public static bool HasThreadTime => OperatingSystem.IsLinux();

    /// <summary>Seconds on the clock asked for.</summary>
    public static double Seconds(bool threadTime)
    {
        if (threadTime && HasThreadTime && ReadClock(ThreadClock, out var time) == 0)
        {
            return time.Seconds + 1e-9 * time.Nanoseconds;
        }

        return (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public long Seconds, Nanoseconds;
    }
}
