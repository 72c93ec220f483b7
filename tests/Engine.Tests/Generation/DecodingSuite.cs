using Engine.Tests.Devices;
using Engine.Tests.Model;
using Inheritune.Engine.Generation;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Engine.Tests.Generation;

/// <summary>Decoding with a cache on a device, recorded steps included: the logits of the whole pass on the CPU.</summary>
public abstract class DecodingSuite : IDisposable
{
    private readonly Device _device;
    private readonly Device _cpu = EngineDevices.OpenCpu();

    protected DecodingSuite() => _device = Open();

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(TestModels.Names), MemberType = typeof(TestModels))]
    public void Step_EveryModelForm_GivesTheLogitsOfTheWholePass(string name)
    {
        var seed = Random.Shared.Next();
        using var expectedModel = TestModels.Create(_cpu, Config(name), seed);
        using var model = Copy(expectedModel, DType.F32);
        RequireLogits(expectedModel, model, seed, 1e-4, $"{name}, seed {seed}");
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    public void Step_Bf16Weights_StaysNear(string name)
    {
        Assert.SkipWhen(_device.Name == "cpu", "this device computes in f32 alone");
        var seed = Random.Shared.Next();
        var config = Config(name);

        // bf16 attention takes even heads.
        using var expectedModel = TestModels.Create(
            _cpu, config.HS % 2 == 0 ? config : config with { HeadDim = 8 }, seed);
        using var model = Copy(expectedModel, DType.BF16);
        RequireLogits(expectedModel, model, seed, 0.06, $"{name}, seed {seed}");
    }

    [Fact]
    public void GenerateBatch_Greedy_MakesTheTokensOfTheCpu()
    {
        using var expectedModel = TestModels.Create(_cpu, Config("parallel"), 8);
        using var model = Copy(expectedModel, DType.F32);
        IReadOnlyList<int>[] prompts = [[3], [1, 4, 1, 5], [9, 2, 6]];
        Assert.Equal(
            new Generator(expectedModel, new SamplingOptions()).GenerateBatch(prompts, 14),
            new Generator(model, new SamplingOptions()).GenerateBatch(prompts, 14));
    }

    /// <summary>Opens the tested device.</summary>
    protected abstract Device Open();

    protected virtual void Dispose(bool disposing)
    {
        _device.Dispose();
        _cpu.Dispose();
    }

    /// <summary>The emulator is built for some head sizes; 7 is none of them.</summary>
    private static DecoderConfig Config(string name) =>
        TestModels.All[name] is var config && config.HS == 7 ? config with { HeadDim = 5 } : config;

    private static void RequireLogits(Decoder expectedModel, Decoder model, int seed, double relative, string what)
    {
        const int Start = 3;
        var config = model.Config;
        var random = new Random(seed);
        int[][] texts = [.. Enumerable.Range(0, 2).Select(_ =>
            Enumerable.Range(0, config.MaxPositions).Select(_ => random.Next(config.VocabSize)).ToArray())];
        float[][] expected = [.. texts.Select(text => WholePass(expectedModel, text))];
        var tolerance = relative * expected.Max(logits => logits.Max(Math.Abs));
        using var pass = new DecodingPass(model, texts.Length, config.MaxPositions);
        pass.Start([.. texts.Select(text => (IReadOnlyList<int>)text[..Start])]);
        var logits = new float[texts.Length * config.VocabSize];
        for (var position = Start - 1; position < config.MaxPositions; position++)
        {
            pass.ReadLogits(logits);
            for (var i = 0; i < logits.Length; i++)
            {
                var value = expected[i / config.VocabSize][position * config.VocabSize + i % config.VocabSize];
                Assert.True(
                    Math.Abs(value - logits[i]) <= tolerance, $"{what}: position {position}, {logits[i]} for {value}");
            }

            if (position + 1 < config.MaxPositions)
            {
                pass.Step([texts[0][position + 1], texts[1][position + 1]]);
            }
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

    /// <summary>The same weights on the tested device.</summary>
    private Decoder Copy(Decoder source, DType dtype)
    {
        var model = new Decoder(_device, source.Config, dtype);
        var values = _device.AllocateTensor(DType.F32, source.Weights.Flat.Count);
        using var memory = values.Memory;
        values.Upload<float>(source.Weights.Flat.ToArray());
        _device.Ops.Cast(model.Weights.Flat, values);
        _device.Synchronize();
        return model;
    }
}
