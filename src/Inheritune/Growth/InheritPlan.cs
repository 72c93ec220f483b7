using System.Globalization;
using System.Text;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;

namespace Inheritune.Growth;

/// <summary>
/// Which tensors of which model go where: pure data, printable, made without a device.
/// <see cref="ModelAssembler"/> carries it out.
/// </summary>
internal sealed record InheritPlan
{
    /// <summary>What was asked for: "first 3", "stack".</summary>
    public required string Operation { get; init; }

    /// <summary>Configuration of the new model.</summary>
    public required DecoderConfig Config { get; init; }

    /// <summary>One entry per block of the new model, in order.</summary>
    public required IReadOnlyList<BlockMove> Blocks { get; init; }

    /// <summary>Parts of the blocks that come from there; the other parts start fresh.</summary>
    public BlockParts Parts { get; init; } = BlockParts.All;

    /// <summary>Where everything else comes from.</summary>
    public required OutsideParts Outside { get; init; }

    /// <summary>What happens to the attention scale of a block that moves.</summary>
    public AttentionScaleCompensation Compensation { get; init; }

    /// <summary>Correct, or as in the published scripts.</summary>
    public InheritMode Mode { get; init; }

    /// <summary>Standard deviation of a fresh token table; null for the model's own.</summary>
    public double? FreshEmbeddingDeviation { get; init; }

    /// <summary>Models the plan reads.</summary>
    public IReadOnlySet<ModelSource> Sources => Blocks.Select(block => block.Source)
        .Append(Outside.TokenEmbedding).Append(Outside.PositionEmbedding).Append(Outside.FinalNorm).Append(Outside.Head)
        .ToHashSet();

    /// <summary>A child from blocks of a reference.</summary>
    public static InheritPlan FromReference(
        DecoderConfig reference, LayerSelection selection, InheritOptions? options = null)
    {
        options ??= new InheritOptions();
        var isCompat = options.Mode == InheritMode.OfficialCompat;
        ModelSource Take(bool wanted) => wanted ? ModelSource.Reference : ModelSource.Fresh;
        return Create(
            selection.Name, reference, reference, null,
            [.. selection.Blocks.Select(index => new BlockSource(ModelSource.Reference, index))], options.Compensation,
            options.Parts) with
        {
            Mode = options.Mode,
            Outside = new OutsideParts(
                Take(options.TokenEmbedding && (!isCompat || reference.Tied)),
                Take(options.PositionEmbedding && !isCompat),
                Take(options.FinalNorm && !isCompat),
                Take(options.Head)),
            FreshEmbeddingDeviation = isCompat && !reference.Tied ? 1 : null,
        };
    }

    /// <summary>
    /// The plan of a block map; everything outside the blocks comes from the model whose configuration is
    /// given first.
    /// </summary>
    internal static InheritPlan Create(
        string operation, DecoderConfig config, DecoderConfig? reference, DecoderConfig? child,
        IReadOnlyList<BlockSource> blocks, AttentionScaleCompensation compensation, BlockParts parts = BlockParts.All)
    {
        var target = config with { Layers = blocks.Count, ScaleDivisors = null };
        var moves = new BlockMove[blocks.Count];
        for (var i = 0; i < moves.Length; i++)
        {
            var (source, index, isZeroOutputs) = blocks[i];
            var rule = AttentionDivisors.Rule(target, i);
            var from = source == ModelSource.Fresh || !parts.HasFlag(BlockParts.Attention)
                ? rule
                : AttentionDivisors.Of((source == ModelSource.Child ? child : reference)!, index);
            moves[i] = new BlockMove(
                i, source, index, isZeroOutputs,
                compensation == AttentionScaleCompensation.Scale ? from : rule,
                compensation == AttentionScaleCompensation.Query ? rule / from : 1);
        }

        var divisors = moves.Select(move => move.Divisor).ToArray();
        var withDivisors = target with { ScaleDivisors = divisors };
        return new InheritPlan
        {
            Operation = operation,
            Config = AttentionDivisors.FollowRule(withDivisors) ? target : withDivisors,
            Blocks = moves,
            Parts = parts,
            Outside = OutsideParts.From(ReferenceEquals(config, child) ? ModelSource.Child : ModelSource.Reference),
            Compensation = compensation,
        };
    }

    /// <summary>The plan for people, one line per block and part.</summary>
    public string ToTable()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Operation}: {Blocks.Count} blocks");
        text.Append(Mode == InheritMode.OfficialCompat ? ", as in the published scripts" : "");
        text.Append(
            Compensation == AttentionScaleCompensation.Scale ? "" : $", scale compensation {Name(Compensation)}");
        text.Append('\n');
        var target = Blocks.Any(block => block.Source == ModelSource.Child) ? "grown" : "child";
        foreach (var block in Blocks)
        {
            text.Append(CultureInfo.InvariantCulture, $"{target} block {block.Target} ← {Describe(block)}\n");
        }

        text.Append(Config.Tied ? "token embedding and head ← " : "token embedding ← ").Append(Name(Outside.TokenEmbedding));
        text.Append(Outside.TokenEmbedding == ModelSource.Fresh && FreshEmbeddingDeviation is { } deviation
            ? string.Create(CultureInfo.InvariantCulture, $", N(0, {deviation})") : "").Append('\n');
        if (Config.Position == PositionKind.Learned)
        {
            text.Append("position embedding ← ").Append(Name(Outside.PositionEmbedding)).Append('\n');
        }

        if (Config.FinalNorm)
        {
            text.Append("final norm ← ").Append(Name(Outside.FinalNorm)).Append('\n');
        }

        if (!Config.Tied)
        {
            text.Append("head ← ").Append(Name(Outside.Head)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A word of a table or file for a value.</summary>
    internal static string Name(AttentionScaleCompensation compensation) => compensation switch
    {
        AttentionScaleCompensation.Scale => "scale",
        AttentionScaleCompensation.Query => "query",
        _ => "off",
    };

    /// <summary>A word of a table or file for a value.</summary>
    internal static string Name(ModelSource source) => source switch
    {
        ModelSource.Reference => "reference",
        ModelSource.Child => "child",
        _ => "fresh",
    };

    /// <summary>The parts that come from the source, for people.</summary>
    internal static string Name(BlockParts parts)
    {
        var names = new List<string>();
        void Add(BlockParts part, string name)
        {
            if (parts.HasFlag(part))
            {
                names.Add(name);
            }
        }

        Add(BlockParts.Attention, "attention");
        Add(BlockParts.Mlp, "MLP");
        if (parts.HasFlag(BlockParts.Norms))
        {
            names.Add("norms");
        }
        else
        {
            Add(BlockParts.Norm1, "norm 1");
            Add(BlockParts.Norm2, "norm 2");
        }

        return names.Count == 0 ? "nothing" : string.Join(", ", names);
    }

    private string Describe(BlockMove block)
    {
        var text = new StringBuilder();
        if (block.Source == ModelSource.Fresh)
        {
            text.Append("fresh");
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{Name(block.Source)} block {block.Index}: {Name(Parts)}");
            text.Append(Parts == BlockParts.All ? "" : ", the rest fresh");
        }

        text.Append(block.IsZeroOutputs ? "; outputs 0" : "");
        if (Config.ScaleAttentionByLayer || block.Divisor != 1)
        {
            text.Append(CultureInfo.InvariantCulture, $"; scale {(block.Divisor == 1 ? "" : "1/")}{block.Divisor}");
        }

        return text.Append(block.QueryFactor == 1
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"; query × {block.QueryFactor:0.####}")).ToString();
    }
}
