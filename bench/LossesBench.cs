using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>
/// Losses of a training from given weights over given tokens in file order, step by step, to be compared with another
/// engine that reads the same files (bench/peers/losses_torch.py).
/// </summary>
internal static class LossesBench
{
    public static int Run(string[] arguments)
    {
        var options = new BenchArguments(
            arguments, "init", "model", "tokens", "batch", "seq", "steps", "lr", "device", "precision", "threads", "out",
            "make-init!");
        var init = Required(options, "init");
        if (options.Has("make-init"))
        {
            using var cpu = Devices.Open("cpu");
            using var fresh = new Decoder(cpu, ModelPresets.Get(options.Text("model", "gpt2")));
            fresh.Initialize(1);
            ModelFolder.Save(fresh, init);
            return 0;
        }

        var precision = options.Precision();
        var (batch, sequence, steps) = (options.Number("batch", 4), options.Number("seq", 1024), options.Number("steps", 200));
        using var device = Devices.Open(options.Text("device", "cpu"), options.Number("threads", 0, 0));
        using var model = ModelFolder.Load(device, init, new ModelLoadOptions { DType = precision.WeightType() });
        using var shard = TokenShard.Open(Required(options, "tokens"), model.Config.VocabSize);
        using var trainer = new Trainer(
            model,
            new TrainOptions
            {
                BatchSize = batch,
                SequenceLength = sequence,
                Steps = steps,
                Schedule = new ConstantSchedule(double.Parse(options.Text("lr", "3e-4"), System.Globalization.CultureInfo.InvariantCulture)),
                Precision = precision,
                OutlierDeviations = 0,
            },
            new SequentialBatchSource([shard]));
        var losses = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            losses[step] = trainer.Step().Loss;
        }

        var json = JsonSerializer.Serialize(new { engine = "inheritune", device = device.Description, precision = precision.ToString(), losses });
        if (options.Text("out", "") is { Length: > 0 } file)
        {
            File.WriteAllText(file, json);
        }
        else
        {
            Console.WriteLine(json);
        }

        return 0;
    }

    private static string Required(BenchArguments options, string name) => options.Text(name, "") is { Length: > 0 } value
        ? value
        : throw new ArgumentException($"--{name}: expected a path, got nothing.");
}
