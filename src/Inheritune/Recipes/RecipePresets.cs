using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>Named sets of defaults. What is not listed keeps the default of its option.</summary>
internal static class RecipePresets
{
    private static readonly Dictionary<string, (string Option, string Value)[]> Table =
        new(StringComparer.Ordinal)
        {
            // Minutes on two CPU cores: the defaults of the options are this preset.
            ["demo"] = [],

            // Seconds: checks that everything works, not that anything is learned.
            ["smoke"] =
        [
            ("vocab-size", "320"), ("max-characters", "150000"), ("validation-share", "0.1"), ("width", "32"),
            ("layers", "4"),
            ("heads", "2"), ("seq", "32"), ("batch", "4"), ("steps", "20"), ("warmup", "2"),
            ("eval-every", "5"),
            ("eval-batches", "2"), ("checkpoint-every", "5"), ("stop-batches", "4"), ("final-batches", "4"),
            ("analysis-sequences", "4"), ("analysis-length", "32"), ("sample-tokens", "16"),
            ("max-rounds", "2"),
        ],

            // The paper's OpenWebText runs (arXiv 2404.08634, GPT-2 form, 100K steps). They want --data and a
            // large GPU.
            ["gpt2-medium-paper"] = Paper("24", "1024", "16", "0.0003", batch: "6", accumulation: "24"),
            ["gpt2-large-paper"] = Paper("36", "1280", "20", "0.0002", batch: "2", accumulation: "24"),
            ["gpt2-xl-paper"] = Paper("48", "1600", "25", "0.00015", batch: "2", accumulation: "64"),

            // Training of the first blocks of a published model on about 1B tokens (arXiv 2404.08634v1). They want
            // train --model, a child made by inherit, and --data. As the paper says: 131K tokens a step, 64K steps.
            ["low-data-paper"] = LowData(
                accumulation: "64", steps: "64000", "cosine", decay: "0.1", clip: "1", beta2: "0.95", precision: "auto"),

            // As the published script does: 16K tokens a step in one pass, constant rate, no clipping, bf16 alone.
            ["low-data-script"] = LowData(
                accumulation: "8", steps: "61000", "constant", decay: "0.01", clip: "0", beta2: "0.999", precision: "bf16"),
        };

    /// <summary>Names, the default first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Keys];

    /// <summary>What a preset sets.</summary>
    public static IReadOnlyList<(string Option, string Value)> Get(string name) => Table[name];

    /// <summary>Sets the values of the preset asked for where none were given; other verbs' options are left out.</summary>
    public static void Apply(OptionValues values)
    {
        foreach (var (option, value) in Get(values.Text("preset")))
        {
            values.SetDefault(option, value);
        }
    }

    private static (string Option, string Value)[] Paper(
        string layers, string width, string heads, string learningRate, string batch, string accumulation) =>
    [
        ("vocab-size", "50304"), ("width", width), ("layers", layers), ("heads", heads), ("seq", "1024"),
        ("batch", batch),
        ("accumulation", accumulation), ("steps", "100000"), ("learning-rate", learningRate),
        ("min-learning-rate", "0.00001"),
        ("warmup", "2000"), ("eval-every", "1000"), ("eval-batches", "20"), ("checkpoint-every", "1000"),
        ("validation-share", "0.0005"), ("stop-batches", "64"), ("final-batches", "200"),
        ("analysis-sequences", "100"),
        ("analysis-length", "100"),
    ];

    private static (string Option, string Value)[] LowData(
        string accumulation, string steps, string schedule, string decay, string clip, string beta2, string precision) =>
    [
        ("seq", "2048"), ("batch", "1"), ("accumulation", accumulation), ("steps", steps), ("learning-rate", "0.0003"),
        ("schedule", schedule), ("warmup", "1000"), ("weight-decay", decay), ("clip", clip), ("beta2", beta2),
        ("precision", precision), ("eval-every", "1000"), ("checkpoint-every", "1000"), ("validation-share", "0.0005"),
    ];
}
