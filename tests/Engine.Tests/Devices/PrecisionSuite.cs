using System.Runtime.InteropServices;
using Engine.Tests.Model;
using Engine.Tests.Training;
using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;

namespace Engine.Tests.Devices;

/// <summary>Training in bf16 and recorded steps, on devices that have them, beside f32 on the CPU.</summary>
public abstract class PrecisionSuite : IDisposable
{
    private const int Steps = 8;
    private readonly TemporaryFolder _folder = new();
    private readonly TokenShard _shard;

    protected PrecisionSuite()
    {
        var random = new Random(5);
        var ids = new int[2000];
        for (var i = 1; i < ids.Length; i++)
        {
            ids[i] = (ids[i - 1] + 1 + random.Next(3)) % TinyTask.V;
        }

        TokenShardWriter.Write(_folder["train.bin"], TinyTask.V, ids);
        _shard = TokenShard.Open(_folder["train.bin"], TinyTask.V);
    }

    public void Dispose()
    {
        _shard.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the tested device.</summary>
    protected abstract Device Open();

    [Theory]
    [InlineData("gpt2", Precision.F32, 1e-5)]
    [InlineData("gpt2", Precision.Mixed, 0.005)]
    [InlineData("gpt2", Precision.Bf16, 0.005)]
    [InlineData("llama", Precision.F32, 1e-5)]
    [InlineData("llama", Precision.Mixed, 0.005)]
    public void Training_AnyPrecision_FollowsTheCpuInF32(string name, Precision precision, double tolerance)
    {
        using var device = Open();
        using var cpu = EngineDevices.OpenCpu();
        var expected = Train(cpu, name, Precision.F32).Losses;
        var actual = Train(device, name, precision).Losses;
        TestContext.Current.TestOutputHelper?.WriteLine($"{name} {precision}: "
            + $"{Enumerable.Range(0, Steps).Max(i => Math.Abs(actual[i] - expected[i]) / expected[i]):E2}");
        for (var step = 0; step < Steps; step++)
        {
            var difference = Math.Abs(actual[step] - expected[step]) / expected[step];
            Assert.True(difference <= tolerance, $"step {step}: {actual[step]}, in f32 on the CPU {expected[step]}");
        }

        Assert.True(actual[^1] < actual[0], $"the loss rises from {actual[0]} to {actual[^1]}");
    }

    [Theory]
    [InlineData(Precision.F32)]
    [InlineData(Precision.Mixed)]
    [InlineData(Precision.Bf16)]
    public void Training_Twice_GivesTheSameBits(Precision precision)
    {
        using var device = Open();
        var first = Train(device, "gpt2", precision);
        var second = Train(device, "gpt2", precision);
        Assert.Equal(first.Losses, second.Losses);
        Assert.True(MemoryMarshal.AsBytes<float>(first.Weights).SequenceEqual(MemoryMarshal.AsBytes<float>(second.Weights)));
    }

    [Theory]
    [InlineData(Precision.F32)]
    [InlineData(Precision.Mixed)]
    public void Step_RecordedAndReplayed_GivesTheBitsOfSingleOperations(Precision precision)
    {
        using var device = Open();
        var replayed = Train(device, "gpt2", precision);
        device.StartProfiling();                    // a profile keeps operations single
        var single = Train(device, "gpt2", precision);
        Assert.Equal(single.Losses, replayed.Losses);
        Assert.True(MemoryMarshal.AsBytes<float>(single.Weights).SequenceEqual(MemoryMarshal.AsBytes<float>(replayed.Weights)));
    }

    [Theory]
    [InlineData(Precision.Mixed)]
    [InlineData(Precision.Bf16)]
    public void Restore_InTheMiddle_GoesOnBitForBit(Precision precision)
    {
        using var device = Open();
        var whole = Train(device, "gpt2", precision);
        var halves = Train(device, "gpt2", precision, interruptAt: Steps / 2);
        Assert.Equal(whole.Losses, halves.Losses);
        Assert.True(MemoryMarshal.AsBytes<float>(whole.Weights).SequenceEqual(MemoryMarshal.AsBytes<float>(halves.Weights)));
    }

    [Fact]
    public void Trainer_WeightsOfTheWrongType_SaysWhatIsNeeded()
    {
        using var device = Open();
        using var model = new Decoder(device, TestModels.All["gpt2"]);
        var exception = Assert.Throws<TrainingException>(() => new Trainer(
            model, Options(Precision.Bf16), new SequentialBatchSource([_shard])));
        Assert.Contains("expected a model with BF16 weights, got F32", exception.Message, StringComparison.Ordinal);
    }

    private static TrainOptions Options(Precision precision) => TinyTask.Options with
    {
        Steps = Steps,
        Schedule = new ConstantSchedule(3e-3),
        Precision = precision,
        RoundingSeed = 7,
    };

    private (double[] Losses, float[] Weights) Train(
        Device device, string name, Precision precision, int interruptAt = int.MaxValue)
    {
        // Heads of 8: 32 over 4.
        var config = TestModels.All[name] with { VocabSize = TinyTask.V, MaxPositions = 16, Hidden = 32 };
        config = config.HeadDim == 0 ? config : config with { HeadDim = 8 };
        var options = Options(precision);
        using var model = new Decoder(device, config, precision.WeightType());
        model.Initialize(3);
        var losses = new double[Steps];
        var trainer = new Trainer(model, options, new SequentialBatchSource([_shard]));
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                if (step == interruptAt)
                {
                    var saved = _folder["checkpoint"];
                    trainer.Save(saved);
                    trainer.Dispose();
                    model.Initialize(4);
                    trainer = new Trainer(model, options, new SequentialBatchSource([_shard]));
                    trainer.Restore(saved);
                }

                losses[step] = trainer.Step().Loss;
            }
        }
        finally
        {
            trainer.Dispose();
        }

        var weights = new float[model.Weights.Flat.Count];
        model.Weights.Flat.ReadToHost<float>(weights);
        return (losses, weights);
    }
}
