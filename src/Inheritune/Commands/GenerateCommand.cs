using System.Diagnostics;
using System.Text;
using Inheritune.Cli;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Generation;
using Inheritune.Engine.Tokenizers;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;

namespace Inheritune.Commands;

/// <summary>inheritune generate: text from a model, shown as it is made.</summary>
internal static class GenerateCommand
{
    private static readonly OptionSpec Samples = OptionSpec.Integer(
        "samples", 1, 1, 256, "texts", "How many texts to write at a time; several are shown when they are whole");

    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "generate",
        "Write text with a model.",
        [
            CommonOptions.Model, RecipeOptions.Prompt, CommonOptions.Tokens, Samples, RecipeOptions.Temperature,
            RecipeOptions.TopK, RecipeOptions.TopP with { Minimum = 0.0001 }, CommonOptions.RepetitionPenalty,
            RecipeOptions.Seed, CommonOptions.Tokenizer, .. RecipeOptions.Machine,
        ],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        var folder = ModelPath.Resolve(values.RequiredPath("model"), "--model");
        var tokenizer = ModelPath.Tokenizer(values, folder);
        using var device = Machine.Open(values);
        using var model = ModelFolder.Load(device, folder);
        var prompt = tokenizer.Encode(values.Text("prompt")).ToList();
        if (prompt.Count == 0 && tokenizer.EndOfText is { } start)
        {
            prompt.Add(start);
        }

        var sampling = new SamplingOptions(
            values.Number("temperature"), values.Int("top-k"), values.Number("top-p"),
            values.Number("repetition-penalty"), (ulong)values.Long("seed"));
        HashSet<int> ends = [.. ModelFolder.EndTokens(folder)];
        if (tokenizer.EndOfText is { } end)
        {
            ends.Add(end);
        }

        var texts = Enumerable.Range(0, values.Int("samples"))
            .Select(_ => new Text(tokenizer.CreateStreamingDecoder())).ToArray();
        var isStreamed = texts.Length == 1;
        if (isStreamed)
        {
            session.Out.Write(values.Text("prompt"));
        }

        var rate = new GenerationRate();
        var tokens = new Generator(model, sampling).GenerateBatch(
            [.. texts.Select(_ => (IReadOnlyList<int>)prompt)], values.Int("tokens"), ends);
        foreach (var (sequence, id) in tokens)
        {
            rate.Add();
            if (session.Stop.IsCancellationRequested)
            {
                break;
            }

            var piece = ends.Contains(id) ? "" : texts[sequence].Decoder.Add(id);
            texts[sequence].Written.Append(piece);
            if (isStreamed)
            {
                session.Out.Write(piece);
                session.Out.Flush();
            }
        }

        Finish(session, texts, values.Text("prompt"), isStreamed);
        session.Notes.WriteLine(
            $"{rate.Count} tokens, {Format.Short(rate.TokensPerSecond)} tokens/s after the first, which took "
                + $"{Format.Short(rate.FirstSeconds)} s, {model.Config.Layers} blocks");
        return 0;
    }

    private static void Finish(Session session, Text[] texts, string prompt, bool isStreamed)
    {
        for (var i = 0; i < texts.Length; i++)
        {
            var rest = texts[i].Decoder.Flush();
            session.Out.WriteLine(isStreamed ? rest : $"[{i + 1}] {prompt}{texts[i].Written}{rest}");
        }
    }

    /// <summary>A text that is being written.</summary>
    private sealed record Text(StreamingDecoder Decoder)
    {
        public StringBuilder Written { get; } = new();
    }

    /// <summary>The first token runs the prompt; the speed of generation is that of the others.</summary>
    private sealed class GenerationRate
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private double _last;

        public int Count { get; private set; }

        public double FirstSeconds { get; private set; }

        public double TokensPerSecond => Count < 2 ? 0 : (Count - 1) / Math.Max(1e-9, _last - FirstSeconds);

        public void Add()
        {
            _last = _clock.Elapsed.TotalSeconds;
            if (Count++ == 0)
            {
                FirstSeconds = _last;
            }
        }
    }
}
