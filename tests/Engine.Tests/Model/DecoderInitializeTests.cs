using Inheritune.Engine.Model;
using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Engine.Tests.Model;

public sealed class DecoderInitializeTests
{
    [Fact]
    public void Initialize_Gpt2Scheme_SpreadsAndConstants()
    {
        var config = TestModels.Llama with
        {
            Hidden = 96,
            Ffn = 256,
            VocabSize = 300,
            InitializerRange = 0.02,
            NormBias = true,
            Norm = NormKind.LayerNorm,
            BiasQkv = true,
        };
        using var device = new CpuDevice(1);
        using var model = new Decoder(device, config);
        model.Initialize(7);
        foreach (var parameter in model.Table)
        {
            var values = model.Weights[parameter].ToArray();
            if (parameter.Shape.Rank == 1)
            {
                var expected = parameter.Name.Contains("norm", StringComparison.Ordinal)
                    && parameter.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
                Assert.All(values, v => Assert.Equal(expected, v));
                continue;
            }

            var writesToStream = parameter.Name.EndsWith("o.weight", StringComparison.Ordinal)
                || parameter.Name.EndsWith("down.weight", StringComparison.Ordinal);
            var std = writesToStream ? 0.02 / Math.Sqrt(2 * config.Layers) : 0.02;
            var mean = values.Average();
            var spread = Math.Sqrt(values.Average(v => (double)v * v));
            Assert.InRange(mean, -5 * std / Math.Sqrt(values.Length), 5 * std / Math.Sqrt(values.Length));
            Assert.InRange(spread / std, 1 - 4 / Math.Sqrt(values.Length), 1 + 4 / Math.Sqrt(values.Length));
        }
    }

    [Fact]
    public void Initialize_SameSeed_SameBitsForAnyThreadsAndOrder()
    {
        using var one = new CpuDevice(1);
        using var three = new CpuDevice(3);
        using var a = new Decoder(one, TestModels.Gpt2);
        using var b = new Decoder(three, TestModels.Gpt2);
        a.Initialize(42);
        foreach (var parameter in b.Table.Reverse())
        {
            b.InitializeParameter(parameter, 42);
        }

        Assert.Equal(a.Weights.Flat.ToArray(), b.Weights.Flat.ToArray());
        b.Initialize(43);
        Assert.NotEqual(a.Weights["wte"].ToArray(), b.Weights["wte"].ToArray());
        Assert.NotEqual(a.Weights["h.0.down.weight"].ToArray(), a.Weights["h.1.down.weight"].ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Initialize_ScratchModel_StartsAtTheLossOfAGuess(bool isLlama)
    {
        // Logits of fresh weights have variance C std²: the loss is ln V + C std² / 2.
        const int Sequences = 4, T = 32;
        var config = (isLlama ? TestModels.Llama with { HeadDim = 0, Heads = 8, KvHeads = 2, Ffn = 512 } : TestModels.Gpt2) with
        {
            VocabSize = 300,
            Hidden = 256,
            Layers = 2,
            MaxPositions = T,
            InitializerRange = 0.02,
        };
        using var device = new CpuDevice(2);
        using var model = new Decoder(device, config);
        model.Initialize(1);
        var random = new Random(1);
        var ids = Enumerable.Range(0, Sequences * T + 1).Select(_ => random.Next(config.VocabSize)).ToArray();
        using var pass = new DecoderPass(model, Sequences, T, training: false);
        var expected = Math.Log(config.VocabSize) + config.Hidden * 0.02 * 0.02 / 2;
        Assert.InRange(pass.Loss(ids.AsSpan(..^1), ids.AsSpan(1)), expected - 0.1, expected + 0.1);
    }
}
