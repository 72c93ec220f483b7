using System.Runtime.InteropServices;
using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

/// <summary>Decoding with a cache against the pass over the whole sequence: the same bits at every position.</summary>
public sealed class DecodingPassTests
{
    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void Step_EveryModelForm_HasTheBitsOfTheWholePass(string name)
    {
        var seed = Random.Shared.Next();
        foreach (var (threads, pieceRows, lengths) in ((int, int, int[])[])[(1, 512, [1]), (2, 6, [5, 1, 8]), (3, 1, [3, 7])])
        {
            RequireSameBits(TestModels.All[name], threads, pieceRows, lengths, $"{name}, {threads} threads, seed {seed}", seed);
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Step_WideModel_HasTheBitsOfTheWholePass(string name)
    {
        // Several blocks of k in the products, several tiles of keys in the attention.
        var config = TestModels.All[name] with
        {
            VocabSize = 607,
            Hidden = 402,
            Heads = 6,
            KvHeads = name == "llama" ? 2 : 0,
            HeadDim = 67 + (name == "llama" ? 1 : 0),
            Ffn = 811,
            Layers = 2,
            MaxPositions = 150,
            InitializerRange = 0.05,
        };
        var seed = Random.Shared.Next();
        RequireSameBits(config, 2, 100, [131, 3, 64], $"{name}, seed {seed}", seed);
    }

    [Fact]
    public void Start_Again_ForgetsWhatWasThere()
    {
        using var device = new CpuDevice(2);
        using var model = TestModels.Create(device, TestModels.Llama, 4);
        using var pass = new DecodingPass(model, 1, 8);
        pass.Start([[3, 1, 4, 1, 5]]);
        var expected = Read(pass, model);
        pass.Step([2]);
        pass.Start([[9, 9]]);
        pass.Start([[3, 1, 4, 1, 5]]);
        Assert.Equal(5, pass.Length(0));
        Assert.Equal(expected, Read(pass, model));
    }

    [Fact]
    public void Step_WrongSizesAndFullCaches_AreNamed()
    {
        using var device = new CpuDevice(1);
        using var model = TestModels.Create(device, TestModels.Gpt2, 4);
        AssertFails("capacity: expected 1 to the model's 11 positions, got 12", () => new DecodingPass(model, 1, 12).Dispose());
        using var pass = new DecodingPass(model, 2, 3);
        AssertFails("expected 2 sequences, got 1", () => pass.Start([[1]]));
        AssertFails("sequence 1: expected 1 to 3 tokens, got 4", () => pass.Start([[1], [1, 2, 3, 4]]));
        AssertFails("sequence 0: expected 1 to 3 tokens, got 0", () => pass.Start([[], [1]]));
        AssertFails("below the vocabulary size 19, got 19", () => pass.Start([[1], [19]]));
        pass.Start([[1], [1, 2, 3]]);
        AssertFails("sequence 1: expected fewer than its 3 positions", () => pass.Step([1, 1]));
        pass.Step([1, -1]);
        Assert.Equal((2, 3), (pass.Length(0), pass.Length(1)));
    }

    private static void AssertFails(string text, Action action) =>
        Assert.Contains(text, Assert.Throws<ModelException>(action).Message, StringComparison.Ordinal);

    private static void RequireSameBits(
        DecoderConfig config, int threads, int pieceRows, int[] lengths, string what, int seed)
    {
        using var device = new CpuDevice(threads);
        using var model = TestModels.Create(device, config, seed);
        var random = new Random(seed);
        int[][] texts = [.. lengths.Select(_ => Enumerable.Range(0, config.MaxPositions)
            .Select(_ => random.Next(config.VocabSize)).ToArray())];
        float[][] expected = [.. texts.Select(text => WholePass(model, text))];
        using var pass = new DecodingPass(model, lengths.Length, config.MaxPositions, null, pieceRows);
        pass.Start([.. texts.Select((text, b) => (IReadOnlyList<int>)text[..lengths[b]])]);
        var next = new int[lengths.Length];
        for (var step = 0; step + lengths.Min() < config.MaxPositions; step++)
        {
            var logits = Read(pass, model);
            for (var b = 0; b < lengths.Length; b++)
            {
                var position = lengths[b] + step - 1;
                next[b] = position + 1 < config.MaxPositions ? texts[b][position + 1] : -1;
                if (position >= config.MaxPositions)
                {
                    continue;
                }

                var row = logits.AsSpan(b * config.VocabSize, config.VocabSize);
                Assert.True(
                    MemoryMarshal.AsBytes(row).SequenceEqual(MemoryMarshal.AsBytes(
                        expected[b].AsSpan(position * config.VocabSize, config.VocabSize))),
                    $"{what}: sequence {b}, position {position}");
            }

            pass.Step(next);
        }
    }

    private static float[] WholePass(Decoder model, int[] text)
    {
        using var pass = new DecoderPass(model, 1, text.Length, training: false);
        pass.Forward(text, 1, text.Length);
        var logits = model.Device.AllocateTensor(DType.F32, text.Length, model.Config.VocabSize);
        using var memory = logits.Memory;
        pass.Logits(logits, 0, text.Length);
        return logits.ToArray();
    }

    private static float[] Read(DecodingPass pass, Decoder model)
    {
        var logits = new float[pass.Batch * model.Config.VocabSize];
        pass.ReadLogits(logits);
        return logits;
    }
}
