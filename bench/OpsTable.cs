using System.Diagnostics;
using System.Text.Json;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>The table of operations in about a minute: medians, rates, and shares of the measured peak.</summary>
public static class OpsTable
{
    /// <summary>
    /// Prints the table. Arguments: --device NAME, --precision f32|bf16, --batch B, --tokens T[,T], --threads N, --filter
    /// TEXT, --json FILE.
    /// </summary>
    public static int Run(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var options = new BenchArguments(args, "device", "precision", "batch", "tokens", "threads", "filter", "json");
        var threads = options.Number("threads", 0, 0);
        var filter = options.Text("filter", "");
        var element = options.Element();
        var tokens = Array.ConvertAll(options.Text("tokens", "256,1024").Split(','), int.Parse);
        using var device = Devices.Open(options.Text("device", "cpu"), threads);
        var peak = DevicePeak.Measure(device, element, threads);
        Console.WriteLine($"{device.Description}; {element}; peak: {peak.Source}");
        Console.WriteLine($"{"operation",-34} {"B",3} {"T",5} {"median ms",10} {"spread",7} {"rate",15} {"share",7}");
        var rows = new List<OpsTableRow>();
        foreach (var length in tokens)
        {
            foreach (var item in OpsBenchCases.For(length, options.Number("batch", 1), element))
            {
                if (item.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))
                {
                    var row = Measure(device, element, item, options.Number("batch", 1), length, peak);
                    rows.Add(row);
                    Console.WriteLine(row);
                }
            }
        }

        if (options.Text("json", "") is { Length: > 0 } file)
        {
            File.WriteAllText(
                file, JsonSerializer.Serialize(new { device.Description, Element = element.ToString(), peak, rows }));
        }

        return 0;
    }

    private static OpsTableRow Measure(
        Device device, DType element, OpsBenchCase item, int batch, int length, DevicePeak peak)
    {
        using var workspace = new OpsWorkspace(device, element);
        var call = item.Prepare(workspace);
        call();
        device.Synchronize();

        // A device that only enqueues is timed over enough calls to hide the launch and the wait.
        var once = Time(device, call, 1);
        var calls = device.Name == "cpu" ? 1 : (int)Math.Clamp(2.0 / once, 1, 200);
        var times = new List<double>();
        var begin = Stopwatch.GetTimestamp();
        while (times.Count < 3 || (times.Count < 200 && Stopwatch.GetElapsedTime(begin).TotalSeconds < 0.2))
        {
            times.Add(Time(device, call, calls));
        }

        times.Sort();
        var median = times[times.Count / 2];
        var spread = (times[times.Count * 3 / 4] - times[times.Count / 4]) / median;
        return OpsTableRow.Of(item, batch, length, median, spread, peak);
    }

    /// <summary>Milliseconds of one call.</summary>
    private static double Time(Device device, Action call, int calls)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            call();
        }

        device.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / calls;
    }
}
