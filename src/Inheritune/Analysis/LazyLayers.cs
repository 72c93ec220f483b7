using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Analysis;

/// <summary>
/// Finds layers whose attention has collapsed (arXiv:2404.08634): approximate rank and mass of every head's
/// attention matrix, attention sinks, entropy, and the gradients that reach W_q and W_k.
/// </summary>
internal static class LazyLayers
{
    private const long MatrixBudget = 64L << 20;

    /// <summary>
    /// Analyses a model on sequences of equal length; 100 sequences of 100 tokens are usual.
    /// </summary>
    /// <param name="model">The model; unchanged.</param>
    /// <param name="sequences">Token ids, all sequences equally long.</param>
    /// <param name="options">What to compute.</param>
    /// <param name="progress">Told the number of sequences done, or null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="RunException">The sequences or levels do not fit, or the model has
    /// diverged.</exception>
    public static LazyLayersResult Analyze(
        Decoder model, IReadOnlyList<int[]> sequences, LazyLayersOptions? options = null, Action<int>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new LazyLayersOptions();
        Check(model.Config, sequences, options);
        var T = sequences[0].Length;
        var config = model.Config;
        var perSequence = (long)config.Heads * T * T * sizeof(float);
        var batch = (int)Math.Clamp(MatrixBudget / perSequence, 1, Math.Min(options.Batch, sequences.Count));

        using var pass = new DecoderPass(model, batch, T, training: true);
        using var probe = new AttentionProbe(model.Device, config, batch, T, options);
        using var gradients = options.Gradients ? new GradientProbe(model, sequences.Count, T) : null;
        var sums = new StatisticSums(config.Layers, config.Heads, options);
        var tokens = new int[batch * T];
        for (var first = 0; first < sequences.Count; first += batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Math.Min(batch, sequences.Count - first);
            for (var i = 0; i < batch; i++)
            {
                sequences[first + Math.Min(i, count - 1)].CopyTo(tokens, i * T);
            }

            pass.Forward(tokens, batch, T);
            for (var layer = 0; layer < config.Layers; layer++)
            {
                probe.Add(sums, pass, layer, count);
            }

            sums.AddSequences(count);
            gradients?.Add(pass, tokens, count);
            progress?.Invoke(sums.Sequences);
        }

        return Collect(config, T, options, sums, probe, gradients);
    }

    private static LazyLayersResult Collect(
        DecoderConfig config, int T, LazyLayersOptions options, StatisticSums sums, AttentionProbe probe,
        GradientProbe? gradients)
    {
        var batchMeans = probe.BatchMeanRanks(sums.Sequences);
        return new LazyLayersResult
        {
            Layers = config.Layers,
            Heads = config.Heads,
            KvHeads = config.NKV,
            SequenceLength = T,
            Sequences = sums.Sequences,
            Options = options,
            Levels = [.. options.Levels.Select((level, i) => new LevelResult(
                level, sums.Ranks(i), sums.Masses(i), sums.NaturalMasses(i), batchMeans?[i]))],
            SinkShare = sums.Sinks(0),
            SinkMass = sums.Sinks(1),
            Entropy = sums.Sinks(2),
            RankCounts = sums.RankCounts(),
            MassCounts = sums.MassCounts(),
            Gradients = gradients?.Read(),
        };
    }

    private static void Check(DecoderConfig config, IReadOnlyList<int[]> sequences, LazyLayersOptions options)
    {
        if (sequences.Count == 0 || sequences[0].Length == 0)
        {
            throw new RunException("analyze: sequences: expected at least one of at least one token, got none.");
        }

        var T = sequences[0].Length;
        if (T > config.MaxPositions)
        {
            throw new RunException(
                $"analyze: sequence length: expected at most {config.MaxPositions}, the model's positions, got {T}.");
        }

        if (sequences.FirstOrDefault(s => s.Length != T) is { } odd)
        {
            throw new RunException($"analyze: sequences: expected {T} tokens in each, got {odd.Length}.");
        }

        if (options.Gradients && T < 2)
        {
            throw new RunException("analyze: sequence length: expected at least 2 for gradient norms, got 1.");
        }

        if (options.Levels.Count is < 1 or > 16 || options.Levels.Any(level => level is not (>= 0 and <= 1)))
        {
            throw new RunException(
                $"analyze: levels: expected 1 to 16 numbers from 0 to 1, got {string.Join(", ", options.Levels)}.");
        }

        if (!options.Levels.Contains(options.VerdictLevel))
        {
            throw new RunException(
                $"analyze: verdict level: expected one of {string.Join(", ", options.Levels)}, got {options.VerdictLevel}.");
        }
    }
}
