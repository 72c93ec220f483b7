using Inheritune.Engine.Model;

namespace Inheritune.Growth;

/// <summary>
/// The ways to make a deeper model, as plans: re-inheriting and appending (arXiv 2404.08634), stacking (arXiv
/// 2405.15319), middle duplication (arXiv 2409.19044), interleaving, blocks that start as the identity, and
/// random ones.
/// </summary>
internal static class GrowthOperators
{
    /// <summary>Mode A: the first blocks of the reference again, a few more than before.</summary>
    public static InheritPlan Reinherit(
        DecoderConfig reference, int layers, InheritOptions? options = null) =>
        InheritPlan.FromReference(reference, LayerSelection.First(layers, reference.Layers), options);

    /// <summary>Mode B: the trained child and the reference's next blocks.</summary>
    public static InheritPlan AppendNext(
        DecoderConfig child, DecoderConfig reference, int add,
        AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale)
    {
        RequireSameShape("append-next", child, reference);
        if (add < 1 || child.Layers + add > reference.Layers)
        {
            throw new GrowthException(
                $"append-next: expected 1 to {reference.Layers - child.Layers} more blocks (the child has "
                + $"{child.Layers}, the "
                + $"reference {reference.Layers}), got {add}.");
        }

        return InheritPlan.Create(
            $"append-next {add}", child, reference, child,
            [.. All(ModelSource.Child, child), .. Blocks(ModelSource.Reference, child.Layers, add)], compensation);
    }

    /// <summary>The child on top of itself: 0 .. n − 1, 0 .. n − 1.</summary>
    public static InheritPlan Stack(
        DecoderConfig child, AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale) =>
        InheritPlan.Create(
            "stack", child, null, child, [.. All(ModelSource.Child, child), .. All(ModelSource.Child, child)], compensation);

    /// <summary>
    /// The reference's first blocks on top of themselves; everything else from the reference.
    /// </summary>
    public static InheritPlan HybridStack(
        DecoderConfig reference, int blocks, AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale)
    {
        var selection = LayerSelection.First(blocks, reference.Layers);
        BlockSource[] half = [.. Blocks(ModelSource.Reference, 0, selection.Blocks.Count)];
        return InheritPlan.Create($"hybrid-stack {blocks}", reference, reference, null, [.. half, .. half], compensation);
    }

    /// <summary>Every block twice in a row: 0, 0, 1, 1, ….</summary>
    public static InheritPlan Interleave(
        DecoderConfig child, AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale) =>
        InheritPlan.Create(
            "interleave", child, null, child,
            [.. All(ModelSource.Child, child).SelectMany(block => (BlockSource[])[block, block])], compensation);

    /// <summary>Groups of blocks in order, the middle one, group ⌈(n/b)/2⌉ from 1, twice in a row.</summary>
    /// <param name="model">The child, or the reference.</param>
    /// <param name="source">Which of the two it is.</param>
    /// <param name="group">b, blocks of a group; divides n.</param>
    /// <param name="compensation">What happens to the attention scale.</param>
    public static InheritPlan Midas(
        DecoderConfig model, ModelSource source, int group,
        AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale)
    {
        if (group < 1 || model.Layers % group != 0)
        {
            throw new GrowthException(
                $"midas: group of {group} blocks: expected a divisor of the model's {model.Layers} blocks.");
        }

        var groups = model.Layers / group;
        var middle = (groups + 1) / 2 - 1;
        var blocks = new List<BlockSource>();
        for (var i = 0; i < groups; i++)
        {
            for (var copies = i == middle ? 2 : 1; copies > 0; copies--)
            {
                blocks.AddRange(Blocks(source, i * group, group));
            }
        }

        var isChild = source == ModelSource.Child;
        return InheritPlan.Create(
            $"midas {group}", model, isChild ? null : model, isChild ? model : null, blocks, compensation);
    }

    /// <summary>
    /// A copy that adds nothing, its outputs 0, after each block named; the function stays the same bit for
    /// bit.
    /// </summary>
    /// <param name="child">Model that grows.</param>
    /// <param name="after">Blocks of the child; one named twice gets two copies.</param>
    /// <param name="compensation">What happens to the attention scale.</param>
    public static InheritPlan Identity(
        DecoderConfig child, IReadOnlyList<int> after,
        AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale)
    {
        _ = LayerSelection.List(after, child.Layers);
        var blocks = new List<BlockSource>();
        for (var i = 0; i < child.Layers; i++)
        {
            blocks.Add(new BlockSource(ModelSource.Child, i));
            var copies = after.Count(block => block == i);
            blocks.AddRange(Enumerable.Repeat(new BlockSource(ModelSource.Child, i, IsZeroOutputs: true), copies));
        }

        return InheritPlan.Create(
            "identity after " + string.Join(',', after), child, null, child, blocks, compensation);
    }

    /// <summary>New random blocks after the last one.</summary>
    public static InheritPlan Random(
        DecoderConfig child, int add, AttentionScaleCompensation compensation = AttentionScaleCompensation.Scale)
    {
        if (add < 1)
        {
            throw new GrowthException($"random: expected 1 or more new blocks, got {add}.");
        }

        return InheritPlan.Create(
            $"random {add}", child, null, child,
            [.. All(ModelSource.Child, child), .. Blocks(ModelSource.Fresh, 0, add)], compensation);
    }

    /// <summary>Two models can share blocks: all but depth and scales is the same.</summary>
    internal static void RequireSameShape(string operation, DecoderConfig child, DecoderConfig reference)
    {
        void Require<TValue>(string what, TValue expected, TValue got)
        {
            if (!EqualityComparer<TValue>.Default.Equals(expected, got))
            {
                throw new GrowthException(
                    $"{operation}: {what}: expected {expected} as in the reference, got {got}. Blocks fit "
                    + "only between models of one shape.");
            }
        }

        Require("family", reference.Family, child.Family);
        Require("hidden size", reference.Hidden, child.Hidden);
        Require("heads", reference.Heads, child.Heads);
        Require("key/value heads", reference.NKV, child.NKV);
        Require("head size", reference.HS, child.HS);
        Require("MLP width", reference.F, child.F);
        Require("vocabulary", reference.VocabSize, child.VocabSize);
        Require("positions", reference.MaxPositions, child.MaxPositions);
        Require("norm", reference.Norm, child.Norm);
        Require("norm eps", reference.NormEps, child.NormEps);
        Require("activation", reference.Activation, child.Activation);
        Require("rotary base", reference.RotaryBase, child.RotaryBase);
        Require("rope scaling", reference.RopeScaling, child.RopeScaling);
        Require("attention scale by layer", reference.ScaleAttentionByLayer, child.ScaleAttentionByLayer);
        Require("attention bias", reference.BiasQkv, child.BiasQkv);
        Require("MLP bias", reference.BiasMlp, child.BiasMlp);
        Require("tied head", reference.Tied, child.Tied);
    }

    private static IEnumerable<BlockSource> All(ModelSource source, DecoderConfig config) =>
        Blocks(source, 0, config.Layers);

    private static IEnumerable<BlockSource> Blocks(ModelSource source, int first, int count) =>
        Enumerable.Range(first, count).Select(index => new BlockSource(source, index));
}
