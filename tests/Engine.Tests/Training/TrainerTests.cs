using Inheritune.Engine.Data;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;

namespace Engine.Tests.Training;

public sealed class TrainerTests(ITestOutputHelper output) : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Steps_OnALearnableSequence_LowerTheLoss()
    {
        var trainer = _task.Trainer(TinyTask.Options with
        {
            Steps = 150,
            Schedule = new CosineSchedule(2e-2, 2e-3, 10, 150)
        });
        var before = trainer.Evaluate(_task.Batches).Average();
        for (var i = 0; i < 150; i++)
        {
            trainer.Step();
        }

        var after = trainer.Evaluate(_task.Batches).Average();
        output.WriteLine($"loss {before:F4} -> {after:F4}, ln 3 = {Math.Log(3):F4}");
        Assert.InRange(before, Math.Log(TinyTask.V) - 0.1, Math.Log(TinyTask.V) + 0.1);

        // The next id is one of three: ln 3 is the best there is.
        Assert.InRange(after, Math.Log(3) - 0.05, Math.Log(3) + 0.15);
    }

    [Fact]
    public void Step_Repeated_AllocatesNothing()
    {
        var trainer = _task.Trainer(TinyTask.Options with { Steps = 1000 });
        for (var i = 0; i < 120; i++)
        {
            trainer.Step();
        }

        // At most one attempt may see an allocation: the runtime's own. One that comes back, be it only now and then, is found.
        var attempts = new long[10];
        for (var attempt = 0; attempt < attempts.Length; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 20; i++)
            {
                trainer.Step();
            }

            attempts[attempt] = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.True(attempts.Count(bytes => bytes != 0) <= 1, $"bytes by attempt: {string.Join(' ', attempts)}");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Steps_WithMoreThreads_GiveTheSameBitsAndTokens(int threads)
    {
        using var other = new TinyTask(threads: threads);
        var (one, many) = (_task.Trainer(), other.Trainer());
        for (var i = 0; i < 8; i++)
        {
            var (a, b) = (one.Step(), many.Step());
            Assert.Equal(BitConverter.DoubleToInt64Bits(a.Loss), BitConverter.DoubleToInt64Bits(b.Loss));
            Assert.Equal(a.GradientNorm, b.GradientNorm);
            Assert.Equal((i + 1) * 3L * 11 * 2, a.Tokens);
            Assert.Equal(a.Tokens, b.Tokens);
        }

        Assert.Equal(Weights(one), Weights(many));
    }

    [Theory]
    [InlineData(Recompute.Activations)]
    [InlineData(Recompute.Block)]
    public void Steps_WithRecompute_GiveTheSameBits(Recompute recompute)
    {
        var (plain, lean) = (_task.Trainer(), _task.Trainer(TinyTask.Options with { Recompute = recompute }));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(plain.Step().Loss, lean.Step().Loss);
        }

        Assert.Equal(Weights(plain), Weights(lean));
    }

    [Fact]
    public void Steps_BatchCutIntoMicroBatches_GiveTheSameStepToRounding()
    {
        var whole = _task.Trainer(TinyTask.Options with { BatchSize = 6, AccumulationSteps = 1 });
        var cut = _task.Trainer(TinyTask.Options with { BatchSize = 2, AccumulationSteps = 3 });
        for (var i = 0; i < 6; i++)
        {
            var (a, b) = (whole.Step(), cut.Step());
            Assert.Equal(a.Loss, b.Loss, 1e-5);
            Assert.Equal(a.GradientNorm, b.GradientNorm, 1e-5);
        }
    }

    [Fact]
    public void SumOfGradients_WithoutClippingAndEps_GivesTheStepOfTheMean()
    {
        // A position that no window reaches would have v = 0, and 0 / 0 without eps: windows fill all
        // positions.
        var options = TinyTask.Options with
        {
            BatchSize = 4,
            SequenceLength = 16,
            ClipNorm = 0,
            Eps = 1e-30,
            Steps = 5
        };
        var mean = _task.Trainer(options);
        var sum = _task.Trainer(options with { AccumulationMode = AccumulationMode.Sum });
        for (var i = 0; i < 5; i++)
        {
            var (a, b) = (mean.Step(), sum.Step());
            Assert.Equal(a.Loss, b.Loss, 2e-5);
            Assert.Equal(a.GradientNorm * 2, b.GradientNorm, 1e-3 * b.GradientNorm);
            Assert.Equal(1, b.ClipFactor);
        }

        AssertClose(mean, sum, 2e-3f);
    }

    [Fact]
    public void SumOfGradients_ClippedAtC_GivesTheStepOfTheMeanClippedAtCOverG()
    {
        // Two micro-batches: halving is exact, so only the 1e-6 in the clip factor and eps differ.
        var options = TinyTask.Options with { Steps = 6, Eps = 1e-12, ClipNorm = 0.2 };
        var sum = _task.Trainer(options with { AccumulationMode = AccumulationMode.Sum });
        var mean = _task.Trainer(options with { ClipNorm = 0.1 });
        var other = _task.Trainer(options);
        for (var i = 0; i < 6; i++)
        {
            var (a, b) = (sum.Step(), mean.Step());
            other.Step();
            Assert.True(a.ClipFactor < 1);
            Assert.Equal(a.ClipFactor, b.ClipFactor, 1e-5);
        }

        // What distinguishes it from the same clip value in both modes: the moments are scaled alike up to G.
        AssertMoments(sum, mean, 2, 1e-4f);
        AssertMoments(sum, other, 1, 1e-4f);
    }

    [Fact]
    public void Step_WithWarmup_MovesNoWeightInTheFirstStepButCountsIt()
    {
        var trainer = _task.Trainer();
        var before = Weights(trainer);
        Assert.Equal(0, trainer.Step().LearningRate);
        Assert.Equal(before, Weights(trainer));
        Assert.Equal(1, trainer.UpdateCount("wte"));
        Assert.Contains(trainer.FirstMoment.Flat.ToArray(), value => value != 0);
        trainer.Step();
        Assert.NotEqual(before, Weights(trainer));
    }

    [Fact]
    public void Padding_AfterSteps_IsStillZero()
    {
        var trainer = _task.Trainer();
        for (var i = 0; i < 4; i++)
        {
            trainer.Step();
        }

        foreach (var set in new[] { trainer.Model.Weights, trainer.Gradients, trainer.FirstMoment,
            trainer.SecondMoment })
        {
            var values = set.Flat.ToArray();
            foreach (var parameter in set.Table)
            {
                Array.Clear(values, (int)parameter.Offset, (int)parameter.Shape.Count);
            }

            Assert.All(values, value => Assert.Equal(0, value));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Evaluate_InBetween_ChangesNothing(bool random)
    {
        IBatchSource Source() => random ? new RandomBatchSource([_task.Train], 11)
            : new SequentialBatchSource([_task.Train]);
        var (plain, evaluating) = (_task.Trainer(source: Source()), _task.Trainer(source: Source()));
        var other = new FixedBatches(_task.Validation, 2, 7, 0, 3);
        var first = evaluating.Evaluate(_task.Batches);
        Assert.Equal(first, evaluating.Evaluate(_task.Batches));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(plain.Step().Loss, evaluating.Step().Loss);
            Assert.Equal(3, evaluating.Evaluate(other).Length);
            evaluating.Evaluate(_task.Batches);
        }

        Assert.Equal(Weights(plain), Weights(evaluating));
    }

    [Fact]
    public void Moments_CarriedForSomeParameters_KeepTheirBiasCorrection()
    {
        var options = TinyTask.Options with { Schedule = new ConstantSchedule(1e-3) };
        var source = _task.Trainer(options);
        for (var i = 0; i < 7; i++)
        {
            source.Step();
        }

        source.Save(_task.Folder["saved"]);
        using var state = OptimizerState.Open(_task.Folder["saved"]);
        var (all, some) = (Grown(_ => true), Grown(name =>
            !name.StartsWith("h.1.", StringComparison.Ordinal)));
        Assert.Equal((7, 0), (some.UpdateCount("h.0.qkv.weight"), some.UpdateCount("h.1.qkv.weight")));
        Assert.All(some.FirstMoment["h.1.qkv.weight"].ToArray(), value => Assert.Equal(0, value));
        for (var i = 0; i < 2; i++)
        {
            source.Step();
        }

        some.Step();
        all.Step();
        Assert.Equal((8, 1), (some.UpdateCount("wte"), some.UpdateCount("h.1.qkv.weight")));
        Assert.Equal(all.Model.Weights["h.0.qkv.weight"].ToArray(),
            some.Model.Weights["h.0.qkv.weight"].ToArray());
        Assert.Equal(all.Model.Weights["wte"].ToArray(), some.Model.Weights["wte"].ToArray());
        Assert.NotEqual(all.Model.Weights["h.1.qkv.weight"].ToArray(),
            some.Model.Weights["h.1.qkv.weight"].ToArray());

        // With everything carried the run goes on as if nothing had happened; saving keeps mixed counts.
        all.Step();
        Assert.Equal(Weights(source), Weights(all));
        some.Save(_task.Folder["mixed"]);
        var restored = Grown(_ => false);
        restored.Restore(_task.Folder["mixed"]);
        some.Step();
        restored.Step();
        Assert.Equal(Weights(some), Weights(restored));

        Trainer Grown(Func<string, bool> isKept)
        {
            var trainer = _task.Trainer(options);
            for (var i = 0; i < 7; i++)
            {
                trainer.Step();
            }

            var grown = _task.Trainer(options,
                source: new RandomBatchSource([_task.Train], 11) { State = "random 11 42" });
            grown.Model.Device.Ops.Copy(grown.Model.Weights.Flat, trainer.Model.Weights.Flat);
            grown.CarryMoments(state, name => isKept(name) ? name : null);
            return grown;
        }
    }

    [Fact]
    public void CarryMoments_FromAnotherModel_NamesTheTensor()
    {
        _task.Trainer().Save(_task.Folder["saved"]);
        var wide = _task.Trainer(config: TinyTask.Config with { Hidden = 24 });
        using var state = OptimizerState.Open(_task.Folder["saved"]);
        var error = Assert.Throws<TrainingException>(() => wide.CarryMoments(state, name => name));
        Assert.Contains("tensor 'first_moment.wte': expected 696 elements", error.Message,
            StringComparison.Ordinal);
        error = Assert.Throws<TrainingException>(() => wide.CarryMoments(state, _ => "h.9.o.weight"));
        Assert.Contains("tensor 'first_moment.h.9.o.weight': expected one, got none.", error.Message,
            StringComparison.Ordinal);
    }

    internal static float[] Weights(Trainer trainer) => trainer.Model.Weights.Flat.ToArray();

    private static void AssertClose(Trainer a, Trainer b, float tolerance)
    {
        var (x, y) = (Weights(a), Weights(b));
        var skip = KeyBiases(a.Model);
        for (var i = 0; i < x.Length; i++)
        {
            Assert.True(skip.Contains(i) || Math.Abs(x[i] - y[i]) <= tolerance,
                $"element {i}: {x[i]} and {y[i]}");
        }
    }

    private static void AssertMoments(Trainer a, Trainer b, float factor, float tolerance)
    {
        var (x, y) = (a.FirstMoment.Flat.ToArray(), b.FirstMoment.Flat.ToArray());
        var difference = x.Zip(y, (p, q) => Math.Abs(p - factor * q)).Max();
        Assert.InRange(difference, 0, tolerance);
        Assert.True(x.Max() > 10 * tolerance);
    }

    /// <summary>
    /// Elements whose gradient is 0 but for rounding: the key bias shifts all scores of a row equally.
    /// </summary>
    private static HashSet<int> KeyBiases(Decoder model)
    {
        var skip = new HashSet<int>();
        for (var layer = 0; layer < model.Config.Layers; layer++)
        {
            var bias = model.Table[$"h.{layer}.qkv.bias"];
            skip.UnionWith(Enumerable.Range((int)bias.Offset + model.Config.Hidden, model.Config.Hidden));
        }

        return skip;
    }
}
