using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Inheritune.Bench;

/// <summary>Runs the step benchmark here and the PyTorch peer in turns and compares the medians.</summary>
internal static class PeerBench
{
    public static int Run(string[] arguments)
    {
        var options = new BenchArguments(
            arguments, "model", "batch", "seq", "steps", "rounds", "threads", "python", "json!");
        var python = options.Text("python", File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3");
        var threads = options.Number("threads", Environment.ProcessorCount);
        string[] step =
        [
            "--model", options.Text("model", "gpt2"), "--batch", Invariant(options.Number("batch", 4)),
            "--seq", Invariant(options.Number("seq", 64)), "--steps", Invariant(options.Number("steps", 3)),
            "--threads", Invariant(threads), "--json",
        ];
        var peer = Path.Combine(FindRoot(), "bench", "peers", "step_torch.py");
        var ours = new List<JsonElement>();
        var theirs = new List<JsonElement>();
        for (var round = 0; round < options.Number("rounds", 3); round++)
        {
            ours.Add(Measure(Environment.ProcessPath!, OwnArguments(["step", .. step]), threads));
            theirs.Add(Measure(python, [peer, .. step], threads));
        }

        var (our, their) = (Median(ours, "tokens_per_second"), Median(theirs, "tokens_per_second"));
        var (ourMemory, theirMemory) = (Median(ours, "peak_memory_mib"), Median(theirs, "peak_memory_mib"));
        if (options.Has("json"))
        {
            Console.WriteLine($"{{\"ours\": [{string.Join(", ", ours)}], \"peer\": [{string.Join(", ", theirs)}]}}");
            return 0;
        }

        Console.WriteLine($"{options.Text("model", "gpt2")} {step[3]}x{step[5]}, {threads} threads, medians of {ours.Count} turns");
        Console.WriteLine($"  inheritune    {our,9:F1} tokens/s  peak {ourMemory,6:F0} MiB");
        Console.WriteLine($"  {theirs[0].GetProperty("engine").GetString(),-13} {their,8:F1} tokens/s  peak {theirMemory,6:F0} MiB");
        Console.WriteLine($"  ratio         {our / their,9:F2}");
        return 0;
    }

    private static string[] OwnArguments(string[] arguments)
    {
        var assembly = Environment.GetCommandLineArgs()[0];
        var isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet";
        return isHost ? [assembly, .. arguments] : arguments;
    }

    private static JsonElement Measure(string program, string[] arguments, int threads)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = Invariant(threads);
        using var process = Process.Start(start) ?? throw new ArgumentException($"{program}: could not be started.");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonDocument.Parse(output).RootElement.Clone()
            : throw new ArgumentException($"{program}: exit code {process.ExitCode}. Is PyTorch installed for it? See --python.");
    }

    private static double Median(List<JsonElement> runs, string property) =>
        runs.Select(r => r.GetProperty(property).GetDouble()).Order().ElementAt(runs.Count / 2);

    private static string Invariant(int value) => value.ToString(CultureInfo.InvariantCulture);

    internal static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Inheritune.sln")))
            {
                return folder.FullName;
            }
        }

        throw new ArgumentException("bench/peers: not found. Run the benchmark from a checkout of the repository.");
    }
}
