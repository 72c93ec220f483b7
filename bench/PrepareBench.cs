using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Inheritune.Engine.Data;
using Inheritune.Engine.Data.Documents;
using Inheritune.Engine.Tokenizers;

namespace Inheritune.Bench;

/// <summary>
/// Reading and preparing a text in megabytes of UTF-8 text per second: JSON lines, packed and plain, and
/// Parquet where DuckDB is there to write it; DuckDB reads the same files as a yardstick.
/// </summary>
internal static class PrepareBench
{
    public static int Run(string[] arguments)
    {
        var options = new BenchArguments(arguments, "megabytes", "rounds", "threads", "node-modules", "keep");
        var folder = options.Text("keep", Path.Combine(Path.GetTempPath(), "inheritune-prepare-bench"));
        var threads = options.Number("threads", Environment.ProcessorCount);
        var rounds = options.Number("rounds", 3);
        var modules = options.Text("node-modules", "");
        Directory.CreateDirectory(folder);
        var source = Path.Combine(folder, "text.jsonl");
        WriteLines(source, options.Number("megabytes", 64) * 1_000_000L);
        Pack(source);
        if (modules.Length > 0)
        {
            foreach (var codec in (string[])["snappy", "zstd", "gzip"])
            {
                Peer(modules, "make", source, Path.Combine(folder, $"text-{codec}.parquet"), codec);
            }
        }

        Console.WriteLine($"MB of text per second, {threads} threads, medians of {rounds}");
        Console.WriteLine($"{"file",-22} {"read",8} {"prepare",8} {"DuckDB read",12}");
        foreach (var file in Directory.GetFiles(folder, "text*").Order(StringComparer.Ordinal))
        {
            var read = Median(rounds, () => Read(file, threads));
            var prepare = Median(rounds, () => Prepare(file, Path.Combine(folder, "out"), threads));
            var peer = modules.Length == 0 ? "" : Median(rounds, () => double.Parse(
                Peer(modules, "read", file, threads.ToString(CultureInfo.InvariantCulture)),
                CultureInfo.InvariantCulture)).ToString("F0", CultureInfo.InvariantCulture);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Path.GetFileName(file),-22} {read,8:F0} {prepare,8:F1} {peer,12}"));
        }

        return 0;
    }

    private static double Read(string path, int threads)
    {
        var clock = Stopwatch.StartNew();
        var batches = DocumentBatches.Read(
            new CorpusOptions { Paths = [path] }, default, threads, new CorpusStatistics(), CancellationToken.None);
        var bytes = batches.Sum(batch => batch.Documents.Sum(document => (long)document.Length));
        return bytes / 1e6 / clock.Elapsed.TotalSeconds;
    }

    private static double Prepare(string path, string output, int threads)
    {
        var tokenizer = Tokenizer.Value;
        var clock = Stopwatch.StartNew();
        var prepared = CorpusPreparer.Prepare(new PrepareOptions
        {
            Corpus = new CorpusOptions { Paths = [path] },
            OutputFolder = output,
            Tokenizer = tokenizer,
            ThreadCount = threads,
            ReusesExisting = false,
        });
        return prepared.TextBytes / 1e6 / clock.Elapsed.TotalSeconds;
    }

    private static readonly Lazy<TextTokenizer> Tokenizer = new(() => BpeTrainer.Train(
        SdkDocumentation.Documents().Take(5000).Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)),
        new BpeTrainerOptions { VocabSize = 2048 }));

    /// <summary>The documentation of the SDK, again and again with the number of the round in front.</summary>
    private static void WriteLines(string path, long bytes)
    {
        if (File.Exists(path))
        {
            return;
        }

        using var stream = File.Create(path);
        for (var round = 0; stream.Position < bytes; round++)
        {
            foreach (var document in SdkDocumentation.Documents())
            {
                using var json = new Utf8JsonWriter(stream);
                json.WriteStartObject();
                json.WriteString("text", $"{round} {document}");
                json.WriteEndObject();
                json.Flush();
                stream.WriteByte((byte)'\n');
                if (stream.Position >= bytes)
                {
                    break;
                }
            }
        }
    }

    private static void Pack(string source)
    {
        using var input = File.OpenRead(source);
        using var output = new System.IO.Compression.GZipStream(
            File.Create(source + ".gz"), System.IO.Compression.CompressionLevel.Fastest);
        input.CopyTo(output);
    }

    private static double Median(int rounds, Func<double> measure)
    {
        measure();
        var values = Enumerable.Range(0, rounds).Select(_ => measure()).Order().ToList();
        return values[values.Count / 2];
    }

    private static string Peer(string modules, params string[] arguments)
    {
        var script = Path.Combine(PeerBench.FindRoot(), "bench", "peers", "read_duckdb.mjs");
        var start = new ProcessStartInfo("node", [script, modules, .. arguments]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new ArgumentException("node: could not be started.");
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new ArgumentException($"{script}: failed: {output}");
    }
}
