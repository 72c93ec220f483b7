using System.Diagnostics;
using System.Text.Json;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>The table of operations in under a minute: medians, rates, and shares of the machine's measured peak.</summary>
public static class OpsTable
{
    /// <summary>Prints the table. Arguments: --threads N, --tokens N[,N], --filter TEXT, --json FILE.</summary>
    public static int Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var (threads, filter) = (int.Parse(Option(args, "--threads") ?? "0"), Option(args, "--filter"));
        var tokens = Array.ConvertAll((Option(args, "--tokens") ?? "256,1024").Split(','), int.Parse);
        var peak = MachinePeak.Measure(threads);
        using var device = Devices.Open("cpu", threads);
        Console.WriteLine($"{device.Description}; {peak}");
        Console.WriteLine($"{"operation",-34} {"N",5} {"median ms",10} {"spread",7} {"rate",14} {"share",7}");
        var rows = new List<OpsTableRow>();
        foreach (var n in tokens)
        {
            foreach (var item in OpsBenchCases.For(n))
            {
                if (filter is null || item.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
                {
                    var row = Measure(device, item, n, peak);
                    rows.Add(row);
                    Console.WriteLine(row);
                }
            }
        }

        if (Option(args, "--json") is { } file)
        {
            File.WriteAllText(file, JsonSerializer.Serialize(new { device.Description, peak, rows }));
        }

        return 0;
    }

    private static OpsTableRow Measure(Device device, OpsBenchCase item, int n, MachinePeak peak)
    {
        using var workspace = new OpsWorkspace(device);
        var call = item.Prepare(workspace);
        call();
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        while (times.Count < 3 || (times.Count < 200 && Stopwatch.GetElapsedTime(begin).TotalSeconds < 0.2))
        {
            var start = Stopwatch.GetTimestamp();
            call();
            device.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        times.Sort();
        var median = times[times.Count / 2];
        var spread = (times[times.Count * 3 / 4] - times[times.Count / 4]) / median;
        return OpsTableRow.Of(item, n, median, spread, peak);
    }

    private static string? Option(string[] args, string name)
    {
        var index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
