using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;

namespace Inheritune.Tests.Growth;

/// <summary>
/// What must hold bit for bit, and the traps of moving blocks that the published code falls into.
/// </summary>
public sealed class InheritExactTests : IDisposable
{
    private static readonly int[] Ids = [1, 22, 18, 15, 23, 7, 3, 28, 0, 11];

    private readonly Device _device = Devices.Open("cpu", 1);

    public void Dispose() => _device.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void AllBlocks_EqualTheReference_BitForBit(string family)
    {
        using var reference = Load("reference", family);
        var plan = GrowthOperators.Reinherit(reference.Config, reference.Config.Layers);
        Assert.Null(plan.Config.ScaleDivisors);
        using var model = ModelAssembler.Assemble(_device, plan, reference, null, 5);
        RequireSameBits(reference.Weights.Flat.ToArray(), model.Weights.Flat.ToArray());
        RequireSameBits(InheritGoldenTests.LogitsOf(reference, Ids), InheritGoldenTests.LogitsOf(model, Ids));
    }

    [Theory]
    [InlineData("gpt2", new[] { 2, 2 })]
    [InlineData("gpt2", new[] { 0, 1 })]
    [InlineData("llama", new[] { 2, 2 })]
    [InlineData("llama", new[] { 0, 1 })]
    public void Identity_EqualsTheChild_BitForBit(string family, int[] after)
    {
        using var child = Load("child", family);
        using var model = ModelAssembler.Assemble(_device, GrowthOperators.Identity(child.Config, after), null, child, 5);
        RequireSameBits(InheritGoldenTests.LogitsOf(child, Ids), InheritGoldenTests.LogitsOf(model, Ids));
    }

    [Fact]
    public void QueryCompensation_PowerOfTwoRatios_EqualsScaleBitForBit()
    {
        // Block 3 at position 1: divisor 4 becomes 2, the queries are halved.
        using var reference = Load("reference", "gpt2");
        int[] blocks = [0, 3];
        var scale = Logits(reference, blocks, AttentionScaleCompensation.Scale);
        RequireSameBits(scale, Logits(reference, blocks, AttentionScaleCompensation.Query));
        Assert.NotEqual(scale, Logits(reference, blocks, AttentionScaleCompensation.Off));
    }

    [Fact]
    public void QueryCompensation_OtherRatios_EqualScaleToRounding()
    {
        using var reference = Load("reference", "gpt2");
        var scale = Logits(reference, [5, 2, 4], AttentionScaleCompensation.Scale);
        var query = Logits(reference, [5, 2, 4], AttentionScaleCompensation.Query);
        Assert.All(scale.Zip(query), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.NotEqual(scale, query);
    }

    [Theory]
    [InlineData("Scale", true)]
    [InlineData("Query", true)]
    [InlineData("Off", false)]
    public void MovedBlock_WithCompensation_ComputesTheSame(string compensation, bool isSame)
    {
        // Block 3 behind three blocks that add nothing, and alone in front: the same function only if its
        // scale is kept.
        using var reference = Load("reference", "gpt2");
        using var front = Assemble(reference, [3], AttentionScaleCompensation.Scale);
        var moved = InheritPlan.Create(
            "test", reference.Config, reference.Config, null,
            [.. Enumerable.Range(0, 3).Select(i => new BlockSource(ModelSource.Reference, i, true)), new(ModelSource.Reference, 3)],
            AttentionScaleCompensation.Off);
        using var home = ModelAssembler.Assemble(_device, moved, reference, null, 1);
        RequireSameBits(InheritGoldenTests.LogitsOf(front, Ids), InheritGoldenTests.LogitsOf(home, Ids));

        using var compared = Assemble(reference, [3], Enum.Parse<AttentionScaleCompensation>(compensation));
        var difference = InheritGoldenTests.LogitsOf(home, Ids).Zip(InheritGoldenTests.LogitsOf(compared, Ids))
            .Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.Equal(isSame, difference < 1e-4f);
    }

    [Theory]
    [InlineData("gpt2", new[] { "wpe", "norm_f.weight", "norm_f.bias" })]
    [InlineData("llama", new[] { "wte", "norm_f.weight" })]
    public void OfficialCompat_DiffersFromCorrect_InExactlyTheNamedTensors(string family, string[] names)
    {
        using var reference = Load("reference", family);
        using var correct = ModelAssembler.Assemble(_device, GrowthOperators.Reinherit(reference.Config, 3), reference, null, 9);
        var plan = GrowthOperators.Reinherit(reference.Config, 3, new InheritOptions { Mode = InheritMode.OfficialCompat });
        using var compat = ModelAssembler.Assemble(_device, plan, reference, null, 9);
        var different = correct.Table.Select(p => p.Name)
            .Where(name => !correct.Weights[name].ToArray().SequenceEqual(compat.Weights[name].ToArray()));
        Assert.Equal(names.Order(StringComparer.Ordinal), different.Order(StringComparer.Ordinal));
        Assert.All(compat.Weights["norm_f.weight"].ToArray(), weight => Assert.Equal(1f, weight));
        var fresh = compat.Weights[family == "gpt2" ? "wpe" : "wte"].ToArray();
        var deviation = Math.Sqrt(fresh.Average(v => (double)v * v));
        Assert.Equal(family == "gpt2" ? 0.02 : 1.0, deviation, family == "gpt2" ? 0.003 : 0.15);
    }

    [Fact]
    public void Switches_LeaveExactlyTheirPartFresh()
    {
        using var reference = Load("reference", "llama");
        var all = GrowthOperators.Reinherit(reference.Config, 3);
        using var complete = ModelAssembler.Assemble(_device, all, reference, null, 3);
        foreach (var (options, prefix) in (ReadOnlySpan<(InheritOptions, string)>)
        [
            (new InheritOptions { TokenEmbedding = false }, "wte"),
            (new InheritOptions { FinalNorm = false }, "norm_f"),
            (new InheritOptions { Head = false }, "head"),
        ])
        {
            var plan = GrowthOperators.Reinherit(reference.Config, 3, options);
            using var model = ModelAssembler.Assemble(_device, plan, reference, null, 3);
            var different = complete.Table.Select(p => p.Name)
                .Where(name => !complete.Weights[name].ToArray().SequenceEqual(model.Weights[name].ToArray()));
            Assert.All(different, name => Assert.StartsWith(prefix, name, StringComparison.Ordinal));
            Assert.NotEmpty(different);
        }
    }

    [Fact]
    public void Checkpoint_OfAChild_HasTheChildsDepthAndNoMasks()
    {
        using var reference = Load("reference", "gpt2");
        using var model = Assemble(reference, [0, 3, 5], AttentionScaleCompensation.Scale);
        var folder = Directory.CreateTempSubdirectory("depth-").FullName;
        try
        {
            var source = ModelFolder.ReadConfigJson(Fixtures.Find("training/reference-gpt2"));
            ModelFolder.Save(model, folder, new ModelSaveOptions { SourceConfig = source });
            var json = ModelFolder.ReadConfigJson(folder);
            Assert.Equal(3, json["n_layer"]!.GetValue<int>());
            Assert.Equal("[1.0,4.0,6.0]", json[ModelFolder.ScaleDivisorsKey]!.ToJsonString());
            using var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors"));
            Assert.Equal(CanonicalTensors.For(model.Config).Count, file.Entries.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Export_QueryCompensation_NeedsNoKeyOfOurs()
    {
        using var reference = Load("reference", "gpt2");
        using var model = Assemble(reference, [0, 3, 5], AttentionScaleCompensation.Scale);
        var folder = Directory.CreateTempSubdirectory("query-").FullName;
        try
        {
            ModelFolder.Save(model, folder, new ModelSaveOptions { ScaleExport = ScaleExport.Query, ShardBytes = 20_000 });
            Assert.False(ModelFolder.ReadConfigJson(folder).ContainsKey(ModelFolder.ScaleDivisorsKey));
            using var exported = ModelFolder.Load(_device, folder);
            RequireSameBits(
                InheritGoldenTests.LogitsOf(model, Ids), InheritGoldenTests.LogitsOf(exported, Ids));
            using var query = Assemble(reference, [0, 3, 5], AttentionScaleCompensation.Query);
            RequireSameBits(query.Weights.Flat.ToArray(), exported.Weights.Flat.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void CarryMoments_KeepsTheChildsAndZeroesTheNew()
    {
        using var child = Load("child", "gpt2");
        using var moments = new ParameterSet(_device, child.Table);
        _device.Ops.Fill(moments.Flat, 3f);
        var plan = GrowthOperators.Stack(child.Config, AttentionScaleCompensation.Query);
        using var grown = new ParameterSet(_device, ParameterTable.For(plan.Config));
        ModelAssembler.CarryMoments(plan, grown, moments, power: 2);
        Assert.All(grown["h.1.up.weight"].ToArray(), value => Assert.Equal(3f, value));
        var queries = grown["h.3.qkv.weight"].ToArray();
        var rows = child.Config.Hidden * child.Config.Hidden;
        Assert.All(queries[..rows], value => Assert.Equal(3f / 16, value));
        Assert.All(queries[rows..], value => Assert.Equal(3f, value));

        var identity = GrowthOperators.Identity(child.Config, [2]);
        using var quiet = new ParameterSet(_device, ParameterTable.For(identity.Config));
        ModelAssembler.CarryMoments(identity, quiet, moments, power: 1);
        Assert.All(quiet["h.3.down.weight"].ToArray(), value => Assert.Equal(0f, value));
        Assert.All(quiet["h.3.up.weight"].ToArray(), value => Assert.Equal(3f, value));
    }

    private static void RequireSameBits(float[] expected, float[] actual) => Assert.Equal(
        Array.ConvertAll(expected, BitConverter.SingleToInt32Bits), Array.ConvertAll(actual, BitConverter.SingleToInt32Bits));

    private Decoder Load(string role, string family) =>
        ModelFolder.Load(_device, Fixtures.Find($"training/{role}-{family}"));

    private Decoder Assemble(Decoder reference, int[] blocks, AttentionScaleCompensation compensation) =>
        ModelAssembler.Assemble(
        _device,
        InheritPlan.FromReference(
            reference.Config, LayerSelection.List(blocks, reference.Config.Layers), new InheritOptions { Compensation = compensation }),
        reference, null, 1);

    private float[] Logits(Decoder reference, int[] blocks, AttentionScaleCompensation compensation)
    {
        using var model = Assemble(reference, blocks, compensation);
        return InheritGoldenTests.LogitsOf(model, Ids);
    }
}
