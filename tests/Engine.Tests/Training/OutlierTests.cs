using Inheritune.Engine.Data;
using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class OutlierTests : IDisposable
{
    private readonly TinyTask _task = new();

    public void Dispose() => _task.Dispose();

    [Fact]
    public void Detector_UntilTheWindowIsFull_IsQuiet()
    {
        var detector = new OutlierDetector(6);
        for (var i = 0; i < OutlierDetector.Window; i++)
        {
            Assert.Equal(double.PositiveInfinity, detector.Limit);
            detector.Add(3 + 0.2 * (i % 2));
        }

        // Mean 3.1, sd 0.1 (n − 1): 6 sd are 0.603.
        Assert.Equal(3.1 + 6 * 0.1 * Math.Sqrt(100 / 99.0), detector.Limit, 1e-9);
        Assert.Equal(3.1 + OutlierDetector.SmallestJump, Restored(detector, 1).Limit, 1e-9);
        Assert.Equal(double.PositiveInfinity, Restored(detector, 0).Limit);
    }

    [Fact]
    public void Detector_Restored_GoesOnAlike()
    {
        var random = new Random(1);
        var detector = new OutlierDetector(5);
        for (var i = 0; i < 157; i++)
        {
            detector.Add(random.NextDouble() * 4);
        }

        var copy = Restored(detector, 5);
        for (var i = 0; i < 130; i++)
        {
            Assert.Equal(detector.Limit, copy.Limit, 1e-12);
            var loss = random.NextDouble() * 4;
            detector.Add(loss);
            copy.Add(loss);
        }
    }

    [Fact]
    public void Step_WithOutlier_StopsWithTheNumbers()
    {
        var trainer = Calm(OutlierAction.Stop, out var source);
        source.Value = 7;

        var error = Assert.Throws<TrainingException>(() => trainer.Step());

        Assert.Matches(
            @"^training: step 110: expected a loss of at most [0-9.]+ \(mean [0-9.]+ of the last 100 steps "
            + @"\+ 12 sd\), got loss [0-9.]+, gradient norm [0-9.]+\. Training has become unstable\.",
            error.Message);
    }

    [Fact]
    public void Step_WithOutlierToSkip_LeavesWeightsMomentsAndCountAlone()
    {
        var trainer = Calm(OutlierAction.Skip, out var source);
        var weights = TrainerTests.Weights(trainer);
        var moments = trainer.FirstMoment.Flat.ToArray();
        var count = trainer.UpdateCount("wte");
        source.Value = 7;

        var result = trainer.Step();

        Assert.True(result.Skipped);
        Assert.Equal(weights, TrainerTests.Weights(trainer));
        Assert.Equal(moments, trainer.FirstMoment.Flat.ToArray());
        Assert.Equal((count, 1, 111), (trainer.UpdateCount("wte"), trainer.SkippedUpdates,
            trainer.StepIndex));
        source.Value = 1;
        Assert.False(trainer.Step().Skipped);
        Assert.NotEqual(weights, TrainerTests.Weights(trainer));
    }

    [Theory]
    [InlineData(OutlierAction.Stop)]
    [InlineData(OutlierAction.Skip)]
    public void Step_WithNaN_IsAlwaysAnOutlier(OutlierAction action)
    {
        var trainer = _task.Trainer(TinyTask.Options with { OutlierAction = action, OutlierDeviations = 0 });
        var bias = trainer.Model.Weights["norm_f.bias"];
        bias.Upload<float>([.. Enumerable.Repeat(float.NaN, (int)bias.Count)]);
        if (action == OutlierAction.Skip)
        {
            Assert.True(trainer.Step().Skipped);
            return;
        }

        var error = Assert.Throws<TrainingException>(() => trainer.Step());
        Assert.StartsWith(
            "training: step 0: expected finite numbers, got loss NaN, gradient norm "
            + "NaN.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skip_OfSteps_AllocatesNothingAndChangesNoOtherStep()
    {
        var (stop, skip) = (_task.Trainer(), _task.Trainer(
            TinyTask.Options with { OutlierAction = OutlierAction.Skip }));
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(stop.Step().Loss, skip.Step().Loss);
        }

        Assert.Equal(TrainerTests.Weights(stop), TrainerTests.Weights(skip));
    }

    private static OutlierDetector Restored(OutlierDetector detector, double deviations)
    {
        var copy = new OutlierDetector(deviations);
        copy.Restore(detector.ToArray());
        return copy;
    }

    /// <summary>A trainer that has seen one and the same id 110 times over.</summary>
    private Trainer Calm(OutlierAction action, out ConstantSource source)
    {
        source = new ConstantSource { Value = 1 };
        var options = TinyTask.Options with
        {
            BatchSize = 1,
            AccumulationSteps = 1,
            Steps = 200,
            Schedule = new ConstantSchedule(1e-2),
            OutlierAction = action,
        };
        var trainer = _task.Trainer(options, source: source);
        for (var i = 0; i < 110; i++)
        {
            trainer.Step();
        }

        return trainer;
    }

    private sealed class ConstantSource : IBatchSource
    {
        public int Value { get; set; }

        public string State { get; set; } = "";

        public void Next(Span<int> tokens, Span<int> targets, int batch, int sequenceLength)
        {
            tokens.Fill(Value);
            targets.Fill(Value);
        }
    }
}
