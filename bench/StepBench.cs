using System.Diagnostics;
using System.Text.Json;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;
using Inheritune.Kernels.Profiling;

namespace Inheritune.Bench;

/// <summary>Times whole training steps of a preset: forward, backward, clipping and AdamW, as the trainer runs them.</summary>
internal static class StepBench
{
    public static int Run(string[] arguments)
    {
        var options = new BenchArguments(
            arguments, "model", "batch", "seq", "steps", "warmup", "threads", "recompute", "device", "precision", "json!",
            "no-ops!");
        var name = options.Text("model", "gpt2");
        var (batch, sequence) = (options.Number("batch", 4), options.Number("seq", 64));
        var (steps, warmup) = (options.Number("steps", 5), options.Number("warmup", 3));
        var recompute = Enum.Parse<Recompute>(options.Text("recompute", "none"), ignoreCase: true);
        var precision = options.Precision();
        var config = ModelPresets.Get(name);

        using var device = Devices.Open(options.Text("device", "cpu"), options.Number("threads", 0, 0));

        // Where operations are only enqueued, a profile waits after each of them: it is a run of its own.
        var isSynchronous = device.Name == "cpu";
        var profile = isSynchronous && !options.Has("no-ops") ? device.StartProfiling() : null;
        var plan = MemoryPlan.For(config, batch, sequence, training: true, recompute, precision);
        using var model = new Decoder(device, config, precision.WeightType());
        model.Initialize(1);
        var trainOptions = new TrainOptions
        {
            BatchSize = batch,
            SequenceLength = sequence,
            Steps = warmup + steps + 1,
            Schedule = new ConstantSchedule(3e-4),
            Recompute = recompute,
            Precision = precision,
        };
        using var trainer = new Trainer(model, trainOptions, new RandomTokens(config.VocabSize));

        var times = new double[steps];
        long allocated = 0;
        StepResult result = default;
        for (var step = 0; step < warmup + steps; step++)
        {
            if (step == warmup)
            {
                profile?.Clear();
                allocated = GC.GetTotalAllocatedBytes(precise: true);
            }

            var start = Stopwatch.GetTimestamp();
            result = trainer.Step();
            if (step >= warmup)
            {
                times[step - warmup] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        allocated = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / steps;
        if (profile is null && !options.Has("no-ops"))
        {
            trainer.Dispose();
            profile = device.StartProfiling();
            using var profiled = new Trainer(model, trainOptions, new RandomTokens(config.VocabSize));
            profiled.Step();
            profile.Clear();
            for (var step = 0; step < steps; step++)
            {
                profiled.Step();
            }
        }

        var report = new StepReport(
            name, batch, sequence, steps, device.Description, times, plan.TotalBytes, allocated, result.Loss,
            profile?.Timings ?? [])
        {
            FlopsPerToken = ModelFlops.PerToken(config, sequence),
            Precision = precision,
        };
        if (options.Has("json"))
        {
            Console.WriteLine(report.ToJson());
        }
        else
        {
            Console.Write(report.ToText());
        }

        return 0;
    }

    /// <summary>Uniform random ids from a fixed seed: the arithmetic does not depend on the text.</summary>
    private sealed class RandomTokens(int vocabSize) : IBatchSource
    {
        private readonly Random _random = new(1);

        public string State { get; set; } = "";

        public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                tokens[i] = _random.Next(vocabSize);
                targets[i] = _random.Next(vocabSize);
            }
        }
    }
}

/// <summary>What one step benchmark saw.</summary>
internal sealed record StepReport(
    string Model, int Batch, int Sequence, int Steps, string Device, double[] Times, long PlannedBytes, long AllocatedBytes,
    double Loss, IReadOnlyList<OpTiming> Ops)
{
    /// <summary>6 N + 6 L C T.</summary>
    public required double FlopsPerToken { get; init; }

    public required Precision Precision { get; init; }

    public double Median => Times.Order().ElementAt(Times.Length / 2);

    public double TokensPerSecond => (double)Batch * Sequence / Median * 1e3;

    public static double PeakMemoryMiB => Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024.0);

    public string ToText()
    {
        var text = new StringWriter();
        text.WriteLine($"{Model} {Batch}x{Sequence}, {Precision}, on {Device}");
        text.WriteLine($"  {TokensPerSecond:F1} tokens/s, {Median:F1} ms/step (min {Times.Min():F1}, max {Times.Max():F1}, {Steps} steps)");
        text.WriteLine($"  {TokensPerSecond * FlopsPerToken / 1e9:F1} GFLOP/s of the model (6 N + 6 L C T per token)");
        text.WriteLine($"  memory: planned {PlannedBytes / (1024.0 * 1024.0):F0} MiB, peak of the process {PeakMemoryMiB:F0} MiB");
        text.WriteLine($"  managed bytes allocated per step: {AllocatedBytes}");
        text.WriteLine();
        text.WriteLine($"  {"operation",-24}{"calls",7}{"ms/step",10}{"share",8}{"GFLOP/s",10}{"GB/s",8}");
        foreach (var op in Ops.Where(o => o.Calls > 0))
        {
            var ms = op.Milliseconds / Steps;
            var flops = op.Flops > 0 ? $"{op.Flops / op.Milliseconds / 1e6:F1}" : "";
            text.WriteLine($"  {op.Name,-24}{op.Calls / Steps,7}{ms,10:F2}{ms / Times.Average(),8:P1}{flops,10}"
                + $"{op.Bytes / op.Milliseconds / 1e6,8:F1}");
        }

        return text.ToString();
    }

    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("engine", "inheritune");
            json.WriteString("model", Model);
            json.WriteNumber("batch", Batch);
            json.WriteNumber("seq", Sequence);
            json.WriteNumber("steps", Steps);
            json.WriteString("device", Device);
            json.WriteNumber("milliseconds", Median);
            json.WriteString("precision", Precision.ToString());
            json.WriteNumber("tokens_per_second", TokensPerSecond);
            json.WriteNumber("model_teraflops", TokensPerSecond * FlopsPerToken / 1e12);
            json.WriteNumber("planned_memory_mib", PlannedBytes / (1024.0 * 1024.0));
            json.WriteNumber("peak_memory_mib", PeakMemoryMiB);
            json.WriteNumber("allocated_bytes_per_step", AllocatedBytes);
            json.WriteNumber("loss", Loss);
            json.WriteStartArray("ops");
            foreach (var op in Ops.Where(o => o.Calls > 0))
            {
                json.WriteStartObject();
                json.WriteString("name", op.Name);
                json.WriteNumber("calls_per_step", op.Calls / Steps);
                json.WriteNumber("milliseconds_per_step", op.Milliseconds / Steps);
                json.WriteNumber("gflops", op.Flops / op.Milliseconds / 1e6);
                json.WriteNumber("gigabytes_per_second", op.Bytes / op.Milliseconds / 1e6);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
