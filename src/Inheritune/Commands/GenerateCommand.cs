using System.Diagnostics;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Generation;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune generate: text from a model, shown as it is made.</summary>
internal static class GenerateCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "generate",
        "Write text with a model.",
        [
            CommonOptions.Model, RecipeOptions.Prompt, CommonOptions.Tokens, RecipeOptions.Temperature,
            RecipeOptions.TopK, RecipeOptions.TopP with { Minimum = 0.0001 }, CommonOptions.RepetitionPenalty,
            RecipeOptions.Seed, CommonOptions.Tokenizer, RecipeOptions.Device, RecipeOptions.Threads,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var folder = ModelPath.Resolve(values.RequiredPath("model"), "--model");
        var tokenizer = ModelPath.Tokenizer(values, folder);
        using var device = Devices.Open(values.Text("device"), values.Int("threads"));
        using var model = ModelFolder.Load(device, folder);
        var prompt = tokenizer.Encode(values.Text("prompt")).ToList();
        if (prompt.Count == 0 && tokenizer.EndOfText is { } start)
        {
            prompt.Add(start);
        }

        var sampling = new SamplingOptions(
            values.Number("temperature"), values.Int("top-k"), values.Number("top-p"),
            values.Number("repetition-penalty"),
            (ulong)values.Long("seed"));
        var decoder = tokenizer.CreateStreamingDecoder();
        session.Out.Write(values.Text("prompt"));
        var clock = Stopwatch.StartNew();
        int count = 0;
        foreach (int id in new Generator(model, sampling).Generate(
            prompt, values.Int("tokens"), tokenizer.EndOfText))
        {
            if (id == tokenizer.EndOfText || session.Stop.IsCancellationRequested)
            {
                break;
            }

            count++;
            session.Out.Write(decoder.Add(id));
            session.Out.Flush();
        }

        session.Out.WriteLine(decoder.Flush());
        session.Notes.WriteLine(
            $"{count} tokens, {Format.Short(count / Math.Max(1e-9, clock.Elapsed.TotalSeconds))} tokens/s, "
                + $"{model.Config.Layers} blocks");
        return 0;
    }
}
