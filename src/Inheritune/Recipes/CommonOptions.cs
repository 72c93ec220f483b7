using Inheritune.Cli;

namespace Inheritune.Recipes;

/// <summary>Options of the verbs beside `run`, declared once.</summary>
internal static class CommonOptions
{
    public static readonly OptionSpec Tokenizer = OptionSpec.Path("tokenizer", "",
        "Folder with tokenizer files, or the word bytes; empty: the model's own, or a new one");

    public static readonly OptionSpec Model = OptionSpec.Path(
        "model", "", "Folder of a checkpoint, a training or a run");

    public static readonly OptionSpec From = OptionSpec.Path(
        "from", "", "Folder of the model to take blocks from");

    public static readonly OptionSpec Reference = OptionSpec.Path(
        "reference", "", "Folder of the reference, where the operator takes blocks from it");

    public static readonly OptionSpec Range = OptionSpec.Text(
        "range", "", "Blocks a..b of the reference, b not included: 2..6");

    public static readonly OptionSpec List = new(
        "list", OptionKind.Integers, "", "Blocks of the reference in any order: 0,3,5")
    {
        Minimum = 0,
        Maximum = 1023,
    };

    public static readonly OptionSpec InheritLayers = OptionSpec.Integer(
        "layers", 0, 0, 1024, "blocks", "The first blocks, 0 for half of them");

    public static readonly OptionSpec Parts = new(
        "parts", OptionKind.Words, "attention,mlp,norms", "Parts of the blocks to take over")
    {
        Choices = ["attention", "mlp", "norms"],
    };

    public static readonly OptionSpec Keep = new(
        "keep", OptionKind.Words, "embedding,positions,final-norm,head",
        "What to take over outside the blocks; the rest starts fresh")
    {
        Choices = ["embedding", "positions", "final-norm", "head", "none"],
    };

    public static readonly OptionSpec InheritMode = OptionSpec.Choice(
        "inherit-mode", "correct", ["correct", "official"],
        "Inherit everything, or what the official scripts do");

    public static readonly OptionSpec Compensation = OptionSpec.Choice(
        "attn-scale-compensation", "scale", ["scale", "query", "off"],
        "A block that moves keeps its attention scale, gets it into its queries, or changes as in the "
            + "published ablations");

    public static readonly OptionSpec Operator = OptionSpec.Choice("operator", "append",
        ["append", "reinherit", "stack", "hybrid-stack", "interleave", "midas", "identity", "random"],
        "How to make the model deeper");

    public static readonly OptionSpec Add = OptionSpec.Integer(
        "add", 2, 1, 1024, "blocks", "Blocks to add (append, reinherit, identity, random)");

    public static readonly OptionSpec Group = OptionSpec.Integer(
        "group", 1, 1, 1024, "blocks", "Blocks of a group (midas); divides the depth");

    public static readonly OptionSpec DType = OptionSpec.Choice(
        "dtype", "keep", ["keep", "F32", "BF16", "F16"], "Element type of the weights; keep: that of the source");

    public static readonly OptionSpec Tokens = OptionSpec.Integer(
        "tokens", 100, 1, 1_000_000, "tokens", "Length of the text to write");

    public static readonly OptionSpec RepetitionPenalty =
        OptionSpec.Number("repetition-penalty", 1, 0.01, 100, "", "Logits of tokens seen before are divided "
            + "by it; 1 changes nothing");

    public static readonly OptionSpec ShardTokens =
        OptionSpec.Integer(
            "shard-tokens", 100_000_000, 1000, 2_000_000_000, "tokens", "Tokens of a training file");

    /// <summary>Folder to write, with another default.</summary>
    public static OptionSpec Out(string value, string meaning) =>
        OptionSpec.Path("out", value, meaning) with { IsMachineChoice = true };
}
