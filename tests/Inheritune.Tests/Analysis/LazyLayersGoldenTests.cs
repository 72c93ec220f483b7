using System.Text.Json;
using Inheritune.Analysis;
using Inheritune.Engine.Checkpoints;
using Inheritune.Kernels;

namespace Inheritune.Tests.Analysis;

/// <summary>
/// The whole analysis against numbers computed in double precision by another implementation.
/// </summary>
public sealed class LazyLayersGoldenTests
{
    private static readonly string[] Levels = ["0.8", "0.9", "0.95"];

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public void Analyze_GoldenModels_GiveEveryNumber(int batch)
    {
        foreach (var path in LazyLayersFiles.All())
        {
            var document = JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
            foreach (var golden in document.GetProperty("models").EnumerateArray())
            {
                using var device = Devices.Open("cpu");
                using var model = ModelFolder.Load(
                    device, Path.Combine(Path.GetDirectoryName(path)!, golden.GetProperty("model").GetString()!));
                var sequences = golden.GetProperty("input_ids").EnumerateArray().Select(Integers).ToArray();
                var options = new LazyLayersOptions { BatchMean = true, Batch = batch };

                var causal = LazyLayers.Analyze(model, sequences, options);
                AssertAnalysis(golden.GetProperty("causal"), causal);
                AssertGradients(golden.GetProperty("gradients"), causal.Gradients!);
                if (golden.TryGetProperty("unmasked", out var unmasked))
                {
                    AssertAnalysis(
                        unmasked, LazyLayers.Analyze(model, sequences, options with { Causal = false, Gradients = false }));
                }
            }
        }
    }

    private static void AssertAnalysis(JsonElement golden, LazyLayersResult actual)
    {
        for (var i = 0; i < Levels.Length; i++)
        {
            var level = actual.Levels[i];
            void Table(string name, double[][]? values) => AssertTable(golden.GetProperty(name).GetProperty(Levels[i]), values!, 1e-12);
            void Row(string name, double[] values) => AssertRow(golden.GetProperty(name).GetProperty(Levels[i]), values, 1e-12);
            Table("rank", level.Rank);
            Table("mass_sorted", level.Mass);
            Table("mass_natural", level.NaturalMass);
            Table("batch_mean_rank", level.BatchMeanRank);
            Row("max_rank", level.MaxRank);
            Row("batch_mean_max_rank", level.BatchMeanMaxRank!);
            Row("avg_mass", level.AvgMass);
            Row("avg_mass_natural", level.AvgNaturalMass);
        }

        AssertTable(golden.GetProperty("sink_share"), actual.SinkShare, 1e-5);
        AssertTable(golden.GetProperty("sink_mass"), actual.SinkMass, 1e-5);
        AssertTable(golden.GetProperty("entropy"), actual.Entropy, 1e-5);
        AssertCounts(golden.GetProperty("rank_counts").GetProperty("0.9"), actual.RankCounts);
        AssertCounts(golden.GetProperty("mass_counts").GetProperty("0.9"), actual.MassCounts);
        Assert.Equal(golden.GetProperty("avg_rank_all").GetDouble(), actual.AvgRank, 1e-12);
        Assert.Equal(golden.GetProperty("avg_rank_last_half").GetDouble(), actual.AvgRankOfLastHalf, 1e-12);
        Assert.Equal(Integers(golden.GetProperty("lazy_layers")), actual.LazyLayers);
        Assert.Equal(Integers(golden.GetProperty("lazy_layers_tolerance_0.5")), actual.LazyWithin(0.5));
        Assert.Equal(golden.GetProperty("group_last_half_lazy").GetBoolean(), actual.IsLastHalfLazy);
    }

    private static void AssertGradients(JsonElement golden, GradientNorms actual)
    {
        Assert.Equal(golden.GetProperty("loss").GetDouble(), actual.Loss, 1e-5);
        AssertTable(golden.GetProperty("w_q"), actual.Query, 0, relative: 1e-4);
        AssertTable(golden.GetProperty("w_k"), actual.Key, 0, relative: 1e-4);
    }

    private static void AssertTable(JsonElement golden, double[][] actual, double tolerance, double relative = 0)
    {
        Assert.Equal(golden.GetArrayLength(), actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            AssertRow(golden[i], actual[i], tolerance, relative);
        }
    }

    private static void AssertRow(JsonElement golden, double[] actual, double tolerance, double relative = 0)
    {
        Assert.Equal(golden.GetArrayLength(), actual.Length);
        for (var i = 0; i < actual.Length; i++)
        {
            var expected = golden[i].GetDouble();
            Assert.Equal(expected, actual[i], tolerance + relative * Math.Abs(expected));
        }
    }

    private static void AssertCounts(JsonElement golden, int[][][] actual)
    {
        Assert.Equal(golden.GetArrayLength(), actual.Length);
        for (var layer = 0; layer < actual.Length; layer++)
        {
            for (var head = 0; head < actual[layer].Length; head++)
            {
                Assert.Equal(Integers(golden[layer][head]), actual[layer][head]);
            }
        }
    }

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetInt32())];
}
