using Inheritune.Engine.Training;

namespace Engine.Tests.Training;

public sealed class TrainOptionsTests
{
    public static TheoryData<string, TrainOptions> Contradictions() => new()
    {
        { "batch size: expected 1 or more, got 0.", Valid with { BatchSize = 0 } },
        { "sequence length: expected 1 or more, got -1.", Valid with { SequenceLength = -1 } },
        { "accumulation steps: expected 1 or more, got 0.", Valid with { AccumulationSteps = 0 } },
        { "steps: expected 1 or more, got 0.", Valid with { Steps = 0 } },
        { "beta1: expected 0 up to but not including 1, got 1.", Valid with { Beta1 = 1 } },
        { "beta2: expected 0 up to but not including 1, got NaN.", Valid with { Beta2 = double.NaN } },
        { "eps: expected 0 or more, got -1.", Valid with { Eps = -1 } },
        { "weight decay: expected 0 or more, got -0.1.", Valid with { WeightDecay = -0.1 } },
        { "clip norm: expected 0 (off) or more, got -1.", Valid with { ClipNorm = -1 } },
        { "steps between evaluations: expected 0 (never) or more, got -1.",
            Valid with { EvaluateEvery = -1 } },
        { "steps between checkpoints: expected 0 (at the end) or more, got -2.",
            Valid with { CheckpointEvery = -2 } },
        { "checkpoints to keep: expected 0 (all) or more, got -1.", Valid with { KeepCheckpoints = -1 } },
        { "outlier deviations: expected 0 (off) or more, got -1.", Valid with { OutlierDeviations = -1 } },
    };

    private static TrainOptions Valid { get; } = new();

    [Theory]
    [MemberData(nameof(Contradictions), DisableDiscoveryEnumeration = true)]
    public void Validate_WithContradiction_SaysWhichOption(string message, TrainOptions options)
    {
        var error = Assert.Throws<TrainingException>(() => options.Validate());
        Assert.Equal("training options: " + message, error.Message);
    }

    [Fact]
    public void Validate_SequenceLongerThanTheModel_SaysSo()
    {
        var error = Assert.Throws<TrainingException>(() =>
            (Valid with { SequenceLength = 17 }).Validate(TinyTask.Config));
        Assert.Equal(
            "sequence length: expected at most the model's 16 positions, got 17. "
            + "Train on shorter sequences or start from a model with more positions.", error.Message);
    }

    [Fact]
    public void Validate_Defaults_Pass()
    {
        Valid.Validate();
        Assert.Equal(8 * 256, Valid.TokensPerStep);
    }
}
