using System.Text.Json;
using Inheritune.Analysis;
using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Tests.Analysis;

/// <summary>Files, comparison and errors of the analysis.</summary>
public sealed class LazyLayersTests
{
    private static readonly DecoderConfig Config = new()
    {
        VocabSize = 17,
        Hidden = 24,
        Layers = 3,
        Heads = 4,
        KvHeads = 2,
        MaxPositions = 16,
        Position = PositionKind.Rotary,
        Family = "llama",
    };

    [Fact]
    public void ToJson_Result_HasEveryTableAndReadsBack()
    {
        var result = Analyze(new LazyLayersOptions { BatchMean = true });

        var json = JsonDocument.Parse(LazyLayersFile.ToJson(result)).RootElement;

        Assert.Equal(3, json.GetProperty("layers").GetInt32());
        Assert.Equal(result.Verdict.Rank[1][2], json.GetProperty("levels")[1].GetProperty("rank")[1][2].GetDouble());
        Assert.Equal(result.Levels[2].AvgMass[0], json.GetProperty("levels")[2].GetProperty("avg_mass")[0].GetDouble());
        Assert.Equal(result.Gradients!.Key[2][1], json.GetProperty("gradients").GetProperty("w_k")[2][1].GetDouble());
        Assert.Equal(2, json.GetProperty("gradients").GetProperty("w_k")[0].GetArrayLength());
    }

    [Fact]
    public void ToCsv_Result_HasALineForEachHead()
    {
        var result = Analyze(new LazyLayersOptions());

        var lines = LazyLayersFile.ToCsv(result).TrimEnd('\n').Split('\n');

        Assert.Equal(1 + 3 * 4, lines.Length);
        Assert.StartsWith("layer,head,rank_0.8,mass_0.8,natural_mass_0.8,rank_0.9,", lines[0], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.Equal(lines[0].Count(c => c == ','), line.Count(c => c == ',')));
    }

    [Fact]
    public void Analyze_AnyBatch_SameNumbers()
    {
        var one = Analyze(new LazyLayersOptions { Batch = 1 });
        var all = Analyze(new LazyLayersOptions { Batch = 5 });

        Assert.Equal(one.Verdict.Rank, all.Verdict.Rank);
        Assert.Equal(one.RankCounts, all.RankCounts);
        for (var layer = 0; layer < one.Layers; layer++)
        {
            for (var head = 0; head < one.Heads; head++)
            {
                Assert.Equal(one.Entropy[layer][head], all.Entropy[layer][head], 1e-6);
                Assert.Equal(one.Gradients!.Query[layer][head], all.Gradients!.Query[layer][head], 1e-6);
            }
        }
    }

    [Fact]
    public void Comparison_ShorterSecondModel_LeavesFieldsEmpty()
    {
        var before = Analyze(new LazyLayersOptions());
        var after = Analyze(new LazyLayersOptions(), Config with { Layers = 2 });

        var comparison = new LazyLayersComparison(before, after);

        Assert.Equal(3, comparison.Rows.Count);
        Assert.Null(comparison.Rows[2].After);
        Assert.Contains("of 3 before", comparison.Sentence, StringComparison.Ordinal);
        Assert.Contains(",,", comparison.ToCsv().Split('\n')[3], StringComparison.Ordinal);
        Assert.Equal(2, JsonDocument.Parse(comparison.ToJson()).RootElement.GetProperty("after").GetProperty("layers").GetInt32());
    }

    [Fact]
    public void Analyze_DivergedModel_SaysSo()
    {
        using var device = Devices.Open("cpu");
        using var model = new Decoder(device, Config);
        model.Initialize(1);
        device.Ops.Fill(model.Weights["h.1.qkv.weight"], float.NaN);

        var exception = Assert.Throws<RunException>(() => LazyLayers.Analyze(model, Sequences(8)));

        Assert.Contains("layer 1: expected finite weights", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Analyze_WrongInputs_SayWhatWasExpected()
    {
        using var device = Devices.Open("cpu");
        using var model = new Decoder(device, Config);
        string Message(int[][] sequences, LazyLayersOptions options) =>
            Assert.Throws<RunException>(() => LazyLayers.Analyze(model, sequences, options)).Message;

        Assert.Contains("at least one", Message([], new()), StringComparison.Ordinal);
        Assert.Contains("at most 16, the model's positions, got 17", Message(Sequences(17), new()), StringComparison.Ordinal);
        Assert.Contains("expected 8 tokens in each, got 3", Message([.. Sequences(8), [1, 2, 3]], new()), StringComparison.Ordinal);
        Assert.Contains("numbers from 0 to 1", Message(Sequences(8), new() { Levels = [1.5] }), StringComparison.Ordinal);
        Assert.Contains("verdict level", Message(Sequences(8), new() { VerdictLevel = 0.7 }), StringComparison.Ordinal);
    }

    private static LazyLayersResult Analyze(LazyLayersOptions options, DecoderConfig? config = null)
    {
        using var device = Devices.Open("cpu");
        using var model = new Decoder(device, config ?? Config);
        model.Initialize(7);
        return LazyLayers.Analyze(model, Sequences(12), options);
    }

    private static int[][] Sequences(int T)
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, T).Select(_ => random.Next(17)).ToArray())];
    }
}
