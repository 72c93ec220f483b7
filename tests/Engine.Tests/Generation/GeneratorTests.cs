using System.Text.Json;
using Engine.Tests.Model;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Generation;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Generation;

public sealed class GeneratorTests
{
    public static TheoryData<string, int> GreedyCases()
    {
        var data = new TheoryData<string, int>();
        foreach (var file in Fixtures.FindAll("training/generation.json"))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file));
            for (var i = 0; i < document.RootElement.GetProperty("greedy").GetArrayLength(); i++)
            {
                data.Add(file, i);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(GreedyCases))]
    public void Generate_GreedyGolden_SameTokens(string file, int index)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var item = document.RootElement.GetProperty("greedy")[index];
        var folder = Path.Combine(Path.GetDirectoryName(file)!, item.GetProperty("model").GetString()!);
        using var device = new CpuDevice(1);
        using var model = ModelFolder.Load(device, folder);
        var generator = new Generator(model, new SamplingOptions());
        var (prompt, tokens) = (Ids(item, "prompt"), Ids(item, "tokens"));

        Assert.Equal(tokens, generator.Generate(prompt, tokens.Length));
        Assert.Equal(
            Ids(item, "tokens_until_stop"), generator.Generate(prompt, tokens.Length, item.GetProperty("stop_token").GetInt32()));
    }

    [Fact]
    public void Generate_SameSeed_SameTokens()
    {
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, TestModels.Llama, 3);
        int[] Run(ulong seed) =>
            [.. new Generator(model, new SamplingOptions(Temperature: 1.2, TopP: 0.95, Seed: seed)).Generate([4, 2], 30)];

        var generator = new Generator(model, new SamplingOptions(Temperature: 1.2, TopP: 0.95, Seed: 9));
        Assert.Equal(Run(9), Run(9));
        Assert.Equal(generator.Generate([4, 2], 30), generator.Generate([4, 2], 30));
        Assert.NotEqual(Run(9), Run(10));
    }

    [Fact]
    public void Generate_LongerThanThePositions_SeesTheLastOnes()
    {
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, TestModels.Gpt2, 3);
        var positions = model.Config.MaxPositions;
        var options = new SamplingOptions(Temperature: 1.5, Seed: 8);
        List<int> text = [1, 2, 3];
        text.AddRange(new Generator(model, options).Generate(text, 4 * positions));

        Assert.Equal(3 + 4 * positions, text.Count);
        using var pass = new DecoderPass(model, 1, positions, training: false);
        var row = device.AllocateTensor(DType.F32, 1, model.Config.VocabSize);
        using var rowMemory = row.Memory;
        var sampler = new TokenSampler(options, model.Config.VocabSize);
        for (var end = 3; end < text.Count; end++)
        {
            var seen = text[Math.Max(0, end - positions)..end].ToArray();
            pass.Forward(seen, 1, seen.Length);
            pass.Logits(row, seen.Length - 1, 1);
            Assert.Equal(text[end], sampler.Next(row.ToArray(), text));
        }
    }

    [Fact]
    public void GenerateBatch_SeveralTexts_EachIsWhatItIsAlone()
    {
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, TestModels.Llama, 3);
        IReadOnlyList<int>[] prompts = [[1], [4, 2, 9, 9, 3], [7, 7, 7]];
        foreach (var sampling in (SamplingOptions[])[new(), new(Temperature: 1.3, TopK: 9, RepetitionPenalty: 1.2, Seed: 5)])
        {
            var generator = new Generator(model, sampling);
            // Longer than the model's positions: the windows move.
            var tokens = generator.GenerateBatch(prompts, 20, [11]).ToLookup(t => t.Sequence, t => t.Token);
            Assert.Equal(generator.Generate(prompts[0], 20, 11), tokens[0]);
            if (sampling.Temperature == 0)
            {
                Assert.Equal(generator.Generate(prompts[1], 20, 11), tokens[1]);
                Assert.Equal(generator.Generate(prompts[2], 20, 11), tokens[2]);
            }

            Assert.Equal(tokens.Select(t => t.ToArray()), generator.GenerateBatch(prompts, 20, [11])
                .ToLookup(t => t.Sequence, t => t.Token).Select(t => t.ToArray()));
        }
    }

    [Fact]
    public void Generate_WrongPrompt_IsRefusedAtOnce()
    {
        using var device = new CpuDevice(1);
        using var model = TestModels.Create(device, TestModels.Gpt2, 3);
        var generator = new Generator(model, new SamplingOptions());
        AssertFails("prompt: expected at least one token, got none", () => generator.Generate([], 3));
        AssertFails("prompt token 1: expected an id below the vocabulary size 19, got 19", () => generator.Generate([0, 19], 3));
        AssertFails("new tokens: expected 0 or more, got -1", () => generator.Generate([0], -1));
        AssertFails("top-k", () => new Generator(model, new SamplingOptions(TopK: -1)).Generate([0], 1));
        Assert.Empty(generator.Generate([0], 0));

        static void AssertFails(string expected, Action action) =>
            Assert.Contains(expected, Assert.Throws<ModelException>(action).Message, StringComparison.Ordinal);
    }

    private static int[] Ids(JsonElement item, string name) =>
        [.. item.GetProperty(name).EnumerateArray().Select(v => v.GetInt32())];
}
