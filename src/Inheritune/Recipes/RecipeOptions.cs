using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>Every option of a run, declared once, by topic. Other verbs take the same entries.</summary>
internal static class RecipeOptions
{
    public static readonly OptionSpec Preset = OptionSpec.Choice("preset", "demo", [.. RecipePresets.Names],
        "Named set of defaults for everything below");

    public static readonly OptionSpec Out = OptionSpec.Path(
        "out", "runs/demo", "Folder of the run; the same folder goes on where it was")
        with
    { IsMachineChoice = true };

    public static readonly OptionSpec Data = OptionSpec.Path("data", "",
        "Text to learn from: .txt, .jsonl, .parquet, a folder or glob of them, or a folder made by prepare; "
            + "empty: the SDK's documentation");

    public static readonly OptionSpec Device = OptionSpec.Text(
        "device", "auto", "Where to compute: auto, cpu, cuda, cuda:N, simt or simt:checked")
        with
    { IsMachineChoice = true };

    public static readonly OptionSpec Threads =
        OptionSpec.Integer(
            "threads", 0, 0, 1024, "threads", "CPU threads, 0 for one per core; results do not depend on it")
        with
        { IsMachineChoice = true };

    public static readonly OptionSpec Gemm = OptionSpec.Choice(
        "gemm", "auto", ["auto", "own", "cublaslt"],
        "Matrix products on a GPU: cuBLASLt where it is installed, or the engine's own kernels") with
    { IsMachineChoice = true };

    /// <summary>Where to compute, and how.</summary>
    public static IReadOnlyList<OptionSpec> Machine => [Device, Threads, Gemm];

    public static readonly OptionSpec DataOrder = OptionSpec.Choice(
        "data-order", "carry-on", ["carry-on", "restart"],
        "A child reads on behind the batches of the models before it, or the same batches as the reference");

    public static readonly OptionSpec Seed =
        OptionSpec.Integer(
            "seed", 1, 0, int.MaxValue, "", "Start of all randomness: initial weights, batches, samples");

    public static readonly OptionSpec VocabSize =
        OptionSpec.Integer("vocab-size", 2048, 258, 65_536, "tokens", "Vocabulary of the byte-level BPE "
            + "that is trained on the text");

    public static readonly OptionSpec ValidationShare =
        OptionSpec.Number("validation-share", 0.04, 0.0001, 0.5, "of the tokens", "Part of the documents "
            + "kept for validation");

    public static readonly OptionSpec MaxCharacters =
        OptionSpec.Integer("max-characters", 0, 0, long.MaxValue, "characters", "Use only the first "
            + "documents up to this length, 0 for all");

    public static readonly OptionSpec TextColumn = OptionSpec.Text(
        "text-column", "text", "Key or column of the text in .jsonl and .parquet files");

    public static readonly OptionSpec Width = OptionSpec.Integer(
        "width", 128, 8, 65536, "channels", "Width of the model");

    public static readonly OptionSpec Layers = OptionSpec.Integer(
        "layers", 8, 1, 1024, "blocks", "Depth of the reference");

    public static readonly OptionSpec Heads = OptionSpec.Integer(
        "heads", 4, 1, 1024, "heads", "Attention heads of a block");

    public static readonly OptionSpec ScaleByLayer = OptionSpec.Choice(
        "scale-attention-by-layer", "on", ["on", "off"],
        "Divide the attention scores of block i by i + 1, as the paper's GPT-2 does");

    public static readonly OptionSpec Sequence = OptionSpec.Integer(
        "seq", 128, 2, 1_048_576, "tokens", "Length of a training sequence, T");

    public static readonly OptionSpec Batch = OptionSpec.Integer(
        "batch", 16, 1, 65536, "sequences", "Sequences of a micro-batch, B");

    public static readonly OptionSpec Accumulation =
        OptionSpec.Integer("accumulation", 1, 1, 65536, "micro-batches", "Micro-batches of a step");

    public static readonly OptionSpec AccumulationMode = OptionSpec.Choice(
        "grad-accumulation", "mean", ["mean", "sum"],
        "Average the micro-batches' gradients, or sum them as the official code does");

    public static readonly OptionSpec Steps = OptionSpec.Integer(
        "steps", 350, 1, 1_000_000_000, "steps", "Steps of each model");

    public static readonly OptionSpec LearningRate = OptionSpec.Number(
        "learning-rate", 0.002, 0, 10, "", "Peak learning rate");

    public static readonly OptionSpec MinLearningRate =
        OptionSpec.Number("min-learning-rate", 0.0001, 0, 10, "", "Learning rate at the end of the schedule");

    public static readonly OptionSpec Warmup = OptionSpec.Integer(
        "warmup", 20, 0, 1_000_000_000, "steps", "Steps of linear warm-up from 0");

    public static readonly OptionSpec Schedule = OptionSpec.Choice(
        "schedule", "cosine", ["cosine", "linear", "constant", "wsd"],
        "Learning rate after the warm-up");

    public static readonly OptionSpec DecaySteps =
        OptionSpec.Integer("decay-steps", 0, 0, 1_000_000_000, "steps", "Length of the final decay of wsd, "
            + "0 for a fifth of the steps");

    public static readonly OptionSpec Beta1 = OptionSpec.Number(
        "beta1", 0.9, 0, 0.999999, "", "AdamW: memory of the gradient");

    public static readonly OptionSpec Beta2 = OptionSpec.Number(
        "beta2", 0.95, 0, 0.999999, "", "AdamW: memory of its square");

    public static readonly OptionSpec Epsilon = OptionSpec.Number(
        "eps", 1e-8, 0, 1, "", "AdamW: added to the root");

    public static readonly OptionSpec WeightDecay = OptionSpec.Number(
        "weight-decay", 0.1, 0, 10, "", "AdamW: decay");

    public static readonly OptionSpec DecayRule = OptionSpec.Choice(
        "decay-rule", "linear", ["linear", "matrix"],
        "What decays: weights of linear layers, or every matrix");

    public static readonly OptionSpec Clip = OptionSpec.Number(
        "clip", 1, 0, 1e9, "", "Largest norm of the gradient, 0 for no limit");

    public static readonly OptionSpec Recompute = OptionSpec.Choice(
        "recompute", "none", ["none", "activations", "block"],
        "Trade time for memory; never changes a result") with
    { IsMachineChoice = true };

    public static readonly OptionSpec Precision = OptionSpec.Choice(
        "precision", "auto", ["auto", "f32", "mixed", "bf16"],
        "Element types of a training: f32; bf16 with f32 weights beside (mixed); bf16 alone, rounded at random; "
            + "auto: mixed on a GPU, else f32");

    public static readonly OptionSpec StartLayers =
        OptionSpec.Integer(
            "start-layers", 0, 0, 1024, "blocks", "Depth of the first child, 0 for half of the reference");

    public static readonly OptionSpec GrowBy = OptionSpec.Integer(
        "grow-by", 2, 1, 1024, "blocks", "Blocks added by a round");

    public static readonly OptionSpec MaxLayers =
        OptionSpec.Integer(
            "max-layers", 0, 0, 1024, "blocks", "Deepest child, 0 for the depth of the reference");

    public static readonly OptionSpec MaxRounds = OptionSpec.Integer(
        "max-rounds", 8, 1, 1000, "rounds", "Most rounds");

    public static readonly OptionSpec MaxTokens =
        OptionSpec.Integer("max-tokens", 0, 0, long.MaxValue, "tokens", "No new round once the children "
            + "have read this many, 0 for no limit");

    public static readonly OptionSpec Mode = OptionSpec.Choice("mode", "reinherit", ["reinherit", "continue"],
        "A later round starts again from the reference's blocks, or goes on from the trained child and adds "
            + "blocks");

    public static readonly OptionSpec Parts = OptionSpec.Choice("inherit-parts", "all", ["all", "official"],
        "Inherit everything, or leave out positions and final norm as the official GPT-2 script does");

    public static readonly OptionSpec StopRule = OptionSpec.Choice(
        "stop-rule", "paired", ["paired", "mean", "paper"],
        "When a child matches: paired batches with their noise, mean of the last ten evaluations, or the "
            + "last evaluation");

    public static readonly OptionSpec Tolerance =
        OptionSpec.Number(
            "tolerance", 0.01, 0, 100, "nats", "A child this much above the reference still matches");

    public static readonly OptionSpec StopBatches =
        OptionSpec.Integer("stop-batches", 16, 2, 1_000_000, "batches", "Fixed validation batches a "
            + "decision starts with; doubled while undecided");

    public static readonly OptionSpec FinalBatches =
        OptionSpec.Integer("final-batches", 32, 2, 1_000_000, "batches", "Other fixed validation batches, "
            + "for the final table");

    public static readonly OptionSpec EvaluateEvery =
        OptionSpec.Integer(
            "eval-every", 50, 1, 1_000_000_000, "steps", "Steps between validation losses while training");

    public static readonly OptionSpec EvaluateBatches =
        OptionSpec.Integer(
            "eval-batches", 4, 1, 1_000_000, "batches", "Fixed validation batches of such an evaluation");

    public static readonly OptionSpec CheckpointEvery =
        OptionSpec.Integer(
            "checkpoint-every", 100, 1, 1_000_000_000, "steps", "Steps between checkpoints to go on from")
        with
        { IsMachineChoice = true };

    public static readonly OptionSpec AnalysisSequences =
        OptionSpec.Integer(
            "analysis-sequences", 32, 1, 100_000, "sequences", "Sequences whose attention is analysed");

    public static readonly OptionSpec AnalysisLength =
        OptionSpec.Integer(
            "analysis-length", 100, 2, 1_048_576, "tokens", "Length of an analysed sequence; at most --seq");

    public static readonly OptionSpec AnalysisLevel = OptionSpec.Number("analysis-level", 0.9, 0.01, 1, "",
        "Share of the squared singular values that a rank explains, and of the attention mass");

    public static readonly OptionSpec Baselines = new("baselines", OptionKind.Words, "random,random-2x",
        "Models to compare with: random weights at the child's size for the same steps and for twice as many")
    {
        Choices = ["random", "random-2x", "none"],
    };

    public static readonly OptionSpec SampleTokens =
        OptionSpec.Integer(
            "sample-tokens", 64, 0, 1_000_000, "tokens", "Length of the samples in the report, 0 for none");

    public static readonly OptionSpec Temperature =
        OptionSpec.Number(
            "temperature", 0.8, 0, 100, "", "Randomness of samples, 0 takes the likeliest token");

    public static readonly OptionSpec TopK = OptionSpec.Integer(
        "top-k", 50, 0, 1_000_000, "tokens", "Sample among the likeliest, 0 for all");

    public static readonly OptionSpec TopP = OptionSpec.Number(
        "top-p", 1, 0, 1, "", "Sample among the likeliest up to this probability");

    public static readonly OptionSpec Prompt = OptionSpec.Text(
        "prompt", "Returns the", "Beginning of the samples");

    /// <summary>Options of `run` in the order of the help and of recipe.json.</summary>
    public static IReadOnlyList<OptionSpec> All { get; } =
    [
        Preset, Out, Data, .. Machine, Seed, VocabSize, ValidationShare, MaxCharacters, TextColumn,
        Width, Layers, Heads, ScaleByLayer, .. Training,
        StartLayers, GrowBy, MaxLayers, MaxRounds, MaxTokens, Mode, Parts, DataOrder,
        StopRule, Tolerance, StopBatches, FinalBatches, AnalysisSequences, AnalysisLength, AnalysisLevel,
        Baselines, SampleTokens, Temperature, TopK, Prompt,
    ];

    /// <summary>Options of one training.</summary>
    public static IReadOnlyList<OptionSpec> Training =>
    [
        Sequence, Batch, Accumulation, AccumulationMode, Steps, LearningRate, MinLearningRate, Warmup,
        Schedule, DecaySteps,
        Beta1, Beta2, Epsilon, WeightDecay, DecayRule, Clip, Recompute, Precision, EvaluateEvery,
        EvaluateBatches,
        CheckpointEvery,
    ];
}
