using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

public sealed class ParameterTableTests
{
    /// <summary>Parameter counts as published.</summary>
    public static TheoryData<string, long> PresetCounts => new()
    {
        { "gpt2", 124439808 },
        { "gpt2-medium", 354823168 },
        { "gpt2-large", 774030080 },
        { "gpt2-xl", 1557611200 },
        { "distilgpt2", 81912576 },
        { "llama-7b", 6738415616 },
        { "llama-2-7b", 6738415616 },
        { "llama-2-13b", 13015864320 },
        { "llama-2-70b", 68976648192 },
        { "llama-3-8b", 8030261248 },
        { "llama-3.2-1b", 1235814400 },
        { "llama-3.2-3b", 3212749824 },
        { "openllama-3b", 3426473600 },
        { "sheared-llama-1.3b", 1345423360 },
        { "sheared-llama-2.7b", 2701560320 },
        { "tinyllama-1.1b", 1100048384 },
        { "pythia-70m", 70426624 },
        { "pythia-160m", 162322944 },
        { "pythia-410m", 405334016 },
        { "pythia-1b", 1011781632 },
        { "pythia-1.4b", 1414647808 },
        { "gpt-neox-20b", 20554567680 },
        { "opt-125m", 125239296 },
        { "opt-350m", 331196416 },
        { "opt-1.3b", 1315758080 },
        { "opt-2.7b", 2651596800 },
        { "opt-6.7b", 6658473984 },
        { "mpt-1b", 1311442944 },
        { "mpt-7b", 6649286656 },
        { "mpt-30b", 29957200896 },
    };

    [Theory]
    [MemberData(nameof(PresetCounts))]
    public void ElementCount_Preset_IsThePublishedNumber(string name, long expected) =>
        Assert.Equal(expected, ParameterTable.For(ModelPresets.Get(name)).ElementCount);

    [Fact]
    public void ElementCount_PaddedVocabulary_IsThePublishedNumber() => Assert.Equal(
        124475904, ParameterTable.For(ModelPresets.Get("gpt2") with { VocabSize = 50304 }).ElementCount);

    [Fact]
    public void Offsets_AnyModel_AreAlignedAndDoNotOverlap()
    {
        foreach (var config in TestModels.All.Values)
        {
            var table = ParameterTable.For(config);
            var end = 0L;
            foreach (var parameter in table)
            {
                Assert.Equal(0, parameter.Offset % 64);
                Assert.InRange(parameter.Offset - end, 0, 63);
                var rows = parameter.Name is "wte" or "head.weight" ? config.PaddedVocabulary : parameter.Shape[0];
                end = parameter.Offset + rows * (parameter.Shape.Count / parameter.Shape[0]);
                Assert.True(table.Contains(parameter.Name));
                Assert.Same(parameter, table[parameter.Name]);
            }

            Assert.InRange(table.ArenaElements - end, 0, 63);
            Assert.Equal(table.Sum(p => p.Shape.Count), table.ElementCount);
        }

        Assert.Throws<KeyNotFoundException>(() => ParameterTable.For(TestModels.Gpt2)["head.weight"]);
    }

    [Fact]
    public void Segments_EitherRule_AreFewAndCoverTheArena()
    {
        foreach (var config in TestModels.All.Values)
        {
            var table = ParameterTable.For(config);
            foreach (var rule in Enum.GetValues<DecayRule>())
            {
                var segments = table.Segments(rule);
                Assert.InRange(segments.Count, 1, 3);
                var end = 0L;
                foreach (var segment in segments)
                {
                    Assert.Equal(end, segment.Offset);
                    end += segment.Count;
                }

                Assert.Equal(table.ArenaElements, end);
                foreach (var parameter in table)
                {
                    var segment = segments.Single(s => s.Offset <= parameter.Offset && parameter.Offset < s.Offset + s.Count);
                    Assert.Equal(Decays(parameter, rule), segment.Decays);
                }
            }
        }

        static bool Decays(Parameter parameter, DecayRule rule) => parameter.Shape.Rank == 2
            && (rule == DecayRule.Matrix || parameter.Name is not ("wte" or "wpe"));
    }

    [Fact]
    public void Names_BothForms_AreTheCanonicalOnes()
    {
        Assert.Equal(
            ["wte", "wpe", "h.0.qkv.weight", "h.0.o.weight", "h.0.up.weight", "h.0.down.weight", "h.0.norm1.weight",
                "h.0.norm1.bias", "h.0.norm2.weight", "h.0.norm2.bias", "norm_f.weight", "norm_f.bias", "h.0.qkv.bias",
                "h.0.o.bias", "h.0.up.bias", "h.0.down.bias"],
            ParameterTable.For(TestModels.Gpt2 with { Layers = 1 }).Select(p => p.Name));
        var llama = ParameterTable.For(TestModels.Llama with { Layers = 1 });
        Assert.Equal(
            ["wte", "head.weight", "h.0.qkv.weight", "h.0.o.weight", "h.0.gate_up.weight", "h.0.down.weight",
                "h.0.norm1.weight", "h.0.norm2.weight", "norm_f.weight"],
            llama.Select(p => p.Name));
        Assert.Equal(new Shape(60, 20), llama["h.0.qkv.weight"].Shape);
        Assert.Equal(new Shape(20, 36), llama["h.0.o.weight"].Shape);
        Assert.Equal(new Shape(54, 20), llama["h.0.gate_up.weight"].Shape);
    }

    [Fact]
    public void ParameterSet_New_IsZeroPaddingIncluded()
    {
        using var device = new CpuDevice(1);
        using var set = new ParameterSet(device, ParameterTable.For(TestModels.Llama));
        Assert.All(set.Flat.ToArray(), value => Assert.Equal(0, value));
        Assert.Null(set.Find("wpe"));
        Assert.Throws<KeyNotFoundException>(() => set["wpe"]);
    }

    [Fact]
    public void Get_UnknownPreset_ListsTheNames()
    {
        var message = Assert.Throws<ModelException>(() => ModelPresets.Get("gpt5")).Message;
        Assert.Contains("'gpt5'", message, StringComparison.Ordinal);
        Assert.All(ModelPresets.Names, name => Assert.Contains(name, message, StringComparison.Ordinal));
    }
}
