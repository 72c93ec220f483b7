using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;

namespace Inheritune.Tests.Growth;

/// <summary>
/// Every case of inherit.json: block map, scales, parameter count, loss and logits of an independent
/// implementation.
/// </summary>
public sealed class InheritGoldenTests : IDisposable
{
    private const double LossTolerance = 1e-5, LogitTolerance = 1e-4;

    private readonly Device _device = Devices.Open("cpu", 1);

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Fixtures.FindAll("training/inherit.json"))
            {
                foreach (var item in InheritCases.Load(file))
                {
                    data.Add(file, item.Name);
                }
            }

            return data;
        }
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Plan_Case_HasTheBlockMapPartsAndScales(string file, string name)
    {
        var item = InheritCases.Load(file).Single(item => item.Name == name);
        var plan = item.Plan();
        Assert.Equal(item.BlockMap, plan.Blocks.Select(b => (InheritPlan.Name(b.Source), b.Index, b.IsZeroOutputs)));
        Assert.Equal(item.BlockMap.Count, plan.Config.Layers);
        if (item.Json.TryGetProperty("scale_divisor", out var divisors))
        {
            Assert.Equal(
                divisors.EnumerateArray().Select(d => d.GetDouble()),
                Enumerable.Range(0, plan.Config.Layers).Select(i => AttentionDivisors.Of(plan.Config, i)));
        }

        foreach (var part in item.Json.GetProperty("parts").EnumerateObject())
        {
            var source = part.Name switch
            {
                "token_embedding" => plan.Outside.TokenEmbedding,
                "position_embedding" => plan.Outside.PositionEmbedding,
                "final_norm" => plan.Outside.FinalNorm,
                _ => plan.Outside.Head,
            };
            Assert.Equal(part.Value.GetString(), InheritPlan.Name(source));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_Case_HasTheLossAndLogits(string file, string name)
    {
        var item = InheritCases.Load(file).Single(item => item.Name == name);
        using var model = item.Assemble(_device);
        var expected = item.Json.GetProperty("expected");
        Assert.Equal(expected.GetProperty("parameter_count").GetInt64(), model.Table.ElementCount);
        double sum = 0;
        long count = 0;
        for (var s = 0; s < item.InputIds.Count; s++)
        {
            var ids = item.InputIds[s];
            var logits = LogitsOf(model, ids);
            RequireSummary(expected.GetProperty("logits")[s], logits);
            var last = expected.GetProperty("last")[s].EnumerateArray().Select(v => v.GetDouble()).ToArray();
            for (var v = 0; v < last.Length; v++)
            {
                Assert.Equal(last[v], logits[^(last.Length - v)], LogitTolerance);
            }

            sum += NegativeLogLikelihood(logits, ids, model.Config.VocabSize);
            count += ids.Length - 1;
        }

        Assert.Equal(expected.GetProperty("loss").GetDouble(), sum / count, LossTolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Model_SavedAndLoaded_KeepsDepthScalesAndLogits(string file, string name)
    {
        var item = InheritCases.Load(file).Single(item => item.Name == name);
        using var model = item.Assemble(_device);
        var folder = Directory.CreateTempSubdirectory("grown-").FullName;
        try
        {
            ModelFolder.Save(model, folder);
            using var again = ModelFolder.Load(_device, folder);
            Assert.Equal(item.BlockMap.Count, again.Config.Layers);
            Assert.Equal(AttentionDivisors.FollowRule(model.Config), again.Config.ScaleDivisors is null);
            Assert.Equal(LogitsOf(model, item.InputIds[0]), LogitsOf(again, item.InputIds[0]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static float[] LogitsOf(Decoder model, int[] ids)
    {
        using var pass = new DecoderPass(model, 1, ids.Length, training: false);
        pass.Forward(ids, 1, ids.Length);
        var logits = model.Device.AllocateTensor(DType.F32, ids.Length, model.Config.VocabSize);
        pass.Logits(logits, 0, ids.Length);
        var values = logits.ToArray();
        logits.Memory.Dispose();
        return values;
    }

    private static double NegativeLogLikelihood(float[] logits, int[] ids, int vocabulary)
    {
        double sum = 0;
        for (var t = 0; t + 1 < ids.Length; t++)
        {
            var row = logits.AsSpan(t * vocabulary, vocabulary).ToArray().Select(v => (double)v).ToArray();
            var max = row.Max();
            sum += max + Math.Log(row.Sum(v => Math.Exp(v - max))) - row[ids[t + 1]];
        }

        return sum;
    }

    private static void RequireSummary(JsonElement expected, float[] logits)
    {
        var l2 = expected.GetProperty("l2").GetDouble();
        var tolerance = LogitTolerance * l2;
        Assert.Equal(l2, Math.Sqrt(logits.Sum(v => (double)v * v)), tolerance);
        Assert.Equal(expected.GetProperty("sum").GetDouble(), logits.Sum(v => (double)v), tolerance);
        Assert.Equal(
            expected.GetProperty("dot_index").GetDouble(),
            logits.Select((v, i) => (double)v * (i + 1)).Sum() / logits.Length, tolerance);
        var first = expected.GetProperty("first").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        for (var i = 0; i < first.Length; i++)
        {
            Assert.Equal(first[i], logits[i], LogitTolerance);
        }
    }
}
