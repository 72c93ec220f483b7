using System.Text;
using System.Text.Json;
using Inheritune.Bench.Blas;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>
/// Times the three products of each linear layer of GPT-2 124M here and in OpenBLAS, in turns, on normal
/// data. With one thread the clock is the thread's processor time, with more it is wall time.
/// </summary>
internal static class GemmBench
{
    private static readonly (string Name, int C, int OC)[] Layers =
    [
        ("qkv", 768, 2304), ("proj", 768, 768), ("fc", 768, 3072), ("fcproj", 3072, 768),
        ("head", 768, 50257),
    ];

    public static int Run(string[] args)
    {
        var options = new BenchArguments(args, "rows", "threads", "rounds", "layer", "ours!", "wall!",
            "json!");
        var rows = options.Number("rows", 0, 0) is var n and > 0 ? [n] : (int[])[256, 1024];
        var threads = options.Number("threads", 0, 0) is var t and > 0 ? [t] : (int[])[1, 2];
        var layer = options.Text("layer", "");
        var layers = Layers.Where(l => layer.Length == 0 || l.Name == layer).ToArray();
        if (layers.Length == 0)
        {
            throw new ArgumentException(
                $"--layer: expected one of {string.Join(", ", Layers.Select(l => l.Name))}, got '{layer}'.");
        }

        var results = new List<GemmRow>();
        var peak = GemmPeak.Measure();
        var blas = OpenBlas.IsPresent && !options.Has("ours");
        if (!options.Has("json"))
        {
            var rival = blas ? OpenBlas.Description : "not used";
            Console.WriteLine($"peak of one core {peak:F1} GFLOP/s; OpenBLAS: {rival}");
            Console.WriteLine($"{"layer",-8}{"pass",-9}{"rows",6}{"C",7}{"OC",7}{"thr",5}{"clock",7}"
                + $"{"GFLOP/s",10}{"peak",8}{"OpenBLAS",10}{"ratio",8}");
        }

        foreach (var count in threads)
        {
            using var device = Devices.Open("cpu", count);
            OpenBlas.SetThreads(count);
            foreach (var row in rows)
            {
                var before = results.Count;
                foreach (var (name, c, oc) in layers)
                {
                    using var bench = new GemmLayerBench(device, name, row, c, oc, count,
                        options.Has("wall"));
                    results.AddRange(bench.Run(options.Number("rounds", 3), blas));
                    Print(options, results.Skip(results.Count - 3), peak);
                }

                // As in a step: twelve blocks and one head.
                var set = results.Skip(before).ToArray();
                results.Add(Sum(set, row, count));
                Print(options, results.TakeLast(1), peak);
            }
        }

        if (options.Has("json"))
        {
            Console.WriteLine(ToJson(results, peak, blas ? OpenBlas.Description : null));
        }

        return 0;
    }

    /// <summary>
    /// All products of a step; the sizes of the sum are chosen so that its rate comes out right.
    /// </summary>
    private static GemmRow Sum(GemmRow[] set, int rows, int threads)
    {
        double seconds = 0, blasSeconds = 0, size = 0;
        foreach (var row in set)
        {
            var calls = row.Layer == "head" ? 1 : 12;
            (seconds, blasSeconds) = (seconds + calls * row.Seconds, blasSeconds + calls * row.BlasSeconds);
            size += (double)calls * row.C * row.OC;
        }

        return new GemmRow("step", "all", rows, 1, (int)size, threads, set[0].Clock, seconds, blasSeconds);
    }

    private static void Print(BenchArguments options, IEnumerable<GemmRow> rows, double peak)
    {
        foreach (var row in options.Has("json") ? [] : rows)
        {
            var text = $"{row.Layer,-8}{row.Pass,-9}{row.N,6}{row.C,7}{row.OC,7}{row.Threads,5}{row.Clock,7}"
                + $"{row.Rate,10:F1}{row.Rate / peak / row.Threads,8:P1}";
            Console.WriteLine(row.BlasSeconds > 0 ? text + $"{row.BlasRate,10:F1}{row.Ratio,8:F3}" : text);
        }
    }

    private static string ToJson(List<GemmRow> rows, double peak, string? blas)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("peak_gflops_per_core", peak);
            json.WriteString("openblas", blas);
            json.WriteStartArray("rows");
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteString("layer", row.Layer);
                json.WriteString("pass", row.Pass);
                json.WriteNumber("rows", row.N);
                json.WriteNumber("c", row.C);
                json.WriteNumber("oc", row.OC);
                json.WriteNumber("threads", row.Threads);
                json.WriteString("clock", row.Clock);
                json.WriteNumber("gflops", row.Rate);
                json.WriteNumber("share_of_peak", row.Rate / peak / row.Threads);
                json.WriteNumber("openblas_gflops", row.BlasRate);
                json.WriteNumber("ratio", row.Ratio);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
