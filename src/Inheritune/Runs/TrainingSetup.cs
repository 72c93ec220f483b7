using Inheritune.Cli;
using Inheritune.Engine.Model;
using Inheritune.Engine.Training;
using Inheritune.Kernels;

namespace Inheritune.Runs;

/// <summary>Engine options from the options of the command line.</summary>
internal static class TrainingSetup
{
    /// <summary>How a model is trained for <paramref name="steps"/> steps.</summary>
    public static TrainOptions Options(OptionValues values, long steps, Device device) => new()
    {
        BatchSize = values.Int("batch"),
        SequenceLength = values.Int("seq"),
        AccumulationSteps = values.Int("accumulation"),
        AccumulationMode = values.Text("grad-accumulation") == "sum" ? AccumulationMode.Sum
            : AccumulationMode.Mean,
        Steps = steps,
        Schedule = ScheduleOf(values, steps),
        Beta1 = values.Number("beta1"),
        Beta2 = values.Number("beta2"),
        Eps = values.Number("eps"),
        WeightDecay = values.Number("weight-decay"),
        DecayRule = values.Text("decay-rule") == "matrix" ? DecayRule.Matrix : DecayRule.Linear,
        ClipNorm = values.Number("clip"),
        Recompute = RecomputeOf(values),
        Precision = PrecisionOf(values, device),
        RoundingSeed = (ulong)values.Long("seed"),
        EvaluateEvery = values.Long("eval-every"),
        CheckpointEvery = values.Long("checkpoint-every"),
    };

    /// <summary>A GPT-2 of the recipe's sizes.</summary>
    public static DecoderConfig Config(OptionValues values, int layers, int vocabSize) => new()
    {
        VocabSize = vocabSize,
        Hidden = values.Int("width"),
        Layers = layers,
        Heads = values.Int("heads"),
        MaxPositions = values.Int("seq"),
        ScaleAttentionByLayer = values.IsOn("scale-attention-by-layer"),
    };

    /// <summary>Level of recomputation.</summary>
    public static Recompute RecomputeOf(OptionValues values) => values.Text("recompute") switch
    {
        "activations" => Recompute.Activations,
        "block" => Recompute.Block,
        _ => Recompute.None,
    };

    /// <summary>Element types; "auto" is what the device trains fastest in.</summary>
    public static Precision PrecisionOf(OptionValues values, Device device) => values.Text("precision") switch
    {
        "f32" => Precision.F32,
        "mixed" => Precision.Mixed,
        "bf16" => Precision.Bf16,
        _ => device.PreferredType == DType.BF16 ? Precision.Mixed : Precision.F32,
    };

    private static Schedule ScheduleOf(OptionValues values, long steps)
    {
        double peak = values.Number("learning-rate");
        double minimum = values.Number("min-learning-rate");
        long warmup = values.Long("warmup");
        long decay = values.Long("decay-steps") is var d and > 0 ? d
            : Math.Max(1, Math.Min(steps / 5, steps - warmup));
        return values.Text("schedule") switch
        {
            "linear" => new LinearSchedule(peak, minimum, warmup, steps),
            "constant" => new ConstantSchedule(peak, warmup),
            "wsd" => new WsdSchedule(peak, minimum, warmup, steps, decay),
            _ => new CosineSchedule(peak, minimum, warmup, steps),
        };
    }
}
