using Inheritune.Analysis;
using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>Text for the lazy-layer analysis, and its findings for the report.</summary>
internal static class AttentionAnalysis
{
    /// <summary>Sequences spread evenly over a shard, always the same.</summary>
    /// <exception cref="RunException">The shard is shorter than one sequence.</exception>
    public static List<int[]> Sequences(TokenShard shard, int count, int length)
    {
        if (shard.Count < length)
        {
            throw new RunException(
                $"--analysis-length: expected at most {shard.Count}, the tokens of the text, got {length}. "
                + "Give more text, or analyse shorter sequences.");
        }

        var sequences = new List<int[]>(count);
        for (var i = 0; i < count; i++)
        {
            var sequence = new int[length];
            shard.Read((shard.Count - length) * i / Math.Max(1, count - 1), sequence);
            sequences.Add(sequence);
        }

        return sequences;
    }

    /// <summary>The findings for the report.</summary>
    public static AnalysisResult Summary(string model, LazyLayersResult result) => new()
    {
        Model = model,
        SequenceLength = result.SequenceLength,
        Sequences = result.Sequences,
        Rank = Table(result.Verdict.Rank),
        Mass = Table(result.Verdict.Mass),
        Sink = Table(result.SinkShare),
        LazyLayers = [.. result.LazyLayers],
        Verdict = result.Sentence,
    };

    private static List<List<double>> Table(double[][] values) => [.. values.Select(row => row.ToList())];
}
