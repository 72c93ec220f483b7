using System.Text.Json;
using System.Text.Json.Nodes;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// Reads a written configuration back: a field that does not return as it was cannot be expressed by the family.
/// </summary>
internal static class ExportCheck
{
    private static readonly (string Name, Func<DecoderConfig, object?> Value)[] Fields =
    [
        (nameof(DecoderConfig.Position), c => c.Position),
        (nameof(DecoderConfig.PositionOffset), c => c.Position == PositionKind.Learned ? c.PositionOffset : 0),
        (nameof(DecoderConfig.RotaryDim), c => c.Position == PositionKind.Rotary ? c.R : 0),
        (nameof(DecoderConfig.RotaryBase), c => c.Position == PositionKind.Rotary ? c.RotaryBase : 0),
        (nameof(DecoderConfig.RopeScaling), c => c.Position == PositionKind.Rotary ? Scaling(c.RopeScaling) : null),
        (nameof(DecoderConfig.AlibiBiasMax), c => c.Position == PositionKind.Alibi ? c.AlibiBiasMax : 0),
        (nameof(DecoderConfig.Norm), c => c.Norm),
        (nameof(DecoderConfig.NormEps), c => c.NormEps),
        (nameof(DecoderConfig.NormAffine), c => c.NormAffine),
        (nameof(DecoderConfig.NormBias), c => c.NormAffine && c.NormBias),
        (nameof(DecoderConfig.NormPosition), c => c.NormPosition),
        (nameof(DecoderConfig.FinalNorm), c => c.FinalNorm),
        (nameof(DecoderConfig.Residual), c => c.Residual),
        (nameof(DecoderConfig.VocabSize), c => c.VocabSize),
        (nameof(DecoderConfig.Hidden), c => c.Hidden),
        (nameof(DecoderConfig.EmbedDim), c => c.E),
        (nameof(DecoderConfig.Layers), c => c.Layers),
        (nameof(DecoderConfig.Heads), c => c.Heads),
        (nameof(DecoderConfig.KvHeads), c => c.NKV),
        (nameof(DecoderConfig.HeadDim), c => c.HS),
        (nameof(DecoderConfig.Ffn), c => c.F),
        (nameof(DecoderConfig.MaxPositions), c => c.MaxPositions),
        (nameof(DecoderConfig.QkNorm), c => c.QkNorm),
        (nameof(DecoderConfig.ClipQkv), c => c.ClipQkv),
        (nameof(DecoderConfig.AttentionScale), c => c.AttentionScale == 0 ? 1 / Math.Sqrt(c.HS) : c.AttentionScale),
        (nameof(DecoderConfig.ScaleAttentionByLayer), c => c.ScaleAttentionByLayer),
        (nameof(DecoderConfig.Activation), c => c.Activation),
        (nameof(DecoderConfig.GatedMlp), c => c.GatedMlp),
        (nameof(DecoderConfig.BiasQkv), c => c.BiasQkv),
        (nameof(DecoderConfig.BiasOut), c => c.BiasOut),
        (nameof(DecoderConfig.BiasMlp), c => c.BiasMlp),
        (nameof(DecoderConfig.Tied), c => c.Tied),
        (nameof(DecoderConfig.LogitScale), c => c.LogitScale),
        (nameof(DecoderConfig.EmbedGradFraction), c => c.EmbedGradFraction),
    ];

    /// <summary>Compares what a reader of the family would make of the file with the model.</summary>
    /// <exception cref="CheckpointException">The family cannot express a field; the text names it.</exception>
    public static void Require(ModelFamily family, DecoderConfig config, JsonObject written)
    {
        using var document = JsonDocument.Parse(written.ToJsonString());
        var readBack = family.Read(new ConfigReader("config.json", document.RootElement));
        foreach (var (name, value) in Fields)
        {
            var expected = value(config);
            if (!Equals(expected, value(readBack)))
            {
                throw new CheckpointException(
                    $"Export as {family.ModelType}: {name} = {expected} cannot be expressed in this model type. Choose "
                    + "another type.");
            }
        }
    }

    /// <summary>Only Llama 3's scaling uses the fields behind the factor.</summary>
    private static RopeScaling Scaling(RopeScaling scaling) => scaling.Kind switch
    {
        RopeScalingKind.Llama3 => scaling,
        RopeScalingKind.None => new RopeScaling(RopeScalingKind.None),
        _ => new RopeScaling(scaling.Kind, scaling.Factor),
    };
}
