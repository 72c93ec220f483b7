using System.Text.Json.Nodes;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// GPT-2: learned positions, LayerNorm, one q|k|v matrix; linear layers are stored (in, out).
/// </summary>
internal sealed class Gpt2Family : ModelFamily
{
    private const int PublishedEndOfText = 50256, PaddedVocabulary = 50304;

    public override string ModelType => "gpt2";

    public override string Architecture => "GPT2LMHeadModel";

    public override string Prefix => "transformer.";

    public override string TokenTable => "wte.weight";

    public override DecoderConfig Read(ConfigReader json)
    {
        if (json.Flag("add_cross_attention", false))
        {
            throw new CheckpointException(
                $"{json.File}: add_cross_attention: expected false, got true: this is a decoder only.");
        }

        return new DecoderConfig
        {
            Family = ModelType,
            VocabSize = json.Size("vocab_size", 50257),
            MaxPositions = json.Size("n_positions", json.Size("n_ctx", 1024)),
            Hidden = json.Size("n_embd", 768),
            Layers = json.Size("n_layer", 12),
            Heads = json.Size("n_head", 12),
            Ffn = json.Has("n_inner") ? json.Size("n_inner") : 0,
            Activation = json.Activation("activation_function", "gelu_new"),
            NormEps = json.Positive("layer_norm_epsilon", 1e-5),
            InitializerRange = json.Number("initializer_range", 0.02),
            AttentionScale = json.Flag("scale_attn_weights", true) ? 0 : 1,
            ScaleAttentionByLayer = json.Flag("scale_attn_by_inverse_layer_idx", false),
            Tied = json.Flag("tie_word_embeddings", true),
        };
    }

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        json.Set("vocab_size", config.VocabSize);
        json.Set("n_positions", config.MaxPositions);
        json.Set("n_ctx", config.MaxPositions);
        json.Set("n_embd", config.Hidden);
        json.Set("n_layer", config.Layers);
        json.Set("n_head", config.Heads);
        if (config.F == 4 * config.Hidden)
        {
            json.SetNull("n_inner");
        }
        else
        {
            json.Set("n_inner", config.F);
        }

        json.SetActivation("activation_function", config.Activation);
        json.Set("layer_norm_epsilon", config.NormEps);
        json.Set("initializer_range", config.InitializerRange);
        json.Set("scale_attn_weights", config.AttentionScale != 1);
        json.Set("scale_attn_by_inverse_layer_idx", config.ScaleAttentionByLayer);
        json.Set("tie_word_embeddings", config.Tied);
        foreach (var dropout in (string[])["attn_pdrop", "embd_pdrop", "resid_pdrop"])
        {
            json.SetDefault(dropout, ConfigWriter.Float(0));
        }

        var isPublished = config.VocabSize is > PublishedEndOfText and <= PaddedVocabulary;
        int? end = json.EndOfText ?? (isPublished ? PublishedEndOfText : null);
        json.SetDefaultId("bos_token_id", end);
        json.SetDefaultId("eos_token_id", end);
    }

    public override IEnumerable<FileTensor> Tensors(DecoderConfig config)
    {
        long c = config.Hidden, f = config.F, width = (long)config.Heads * config.HS;
        yield return Matrix("wte.weight", config.VocabSize, c, "wte");
        yield return Matrix("wpe.weight", config.MaxPositions, c, "wpe");
        for (var i = 0; i < config.Layers; i++)
        {
            var file = $"h.{i}.";
            yield return Vector(file + "ln_1.weight", c, file + "norm1.weight");
            yield return Vector(file + "ln_1.bias", c, file + "norm1.bias");
            yield return Transposed(file + "attn.c_attn.weight", 3 * width, c, file + "qkv.weight");
            yield return Vector(file + "attn.c_attn.bias", 3 * width, file + "qkv.bias");
            yield return Transposed(file + "attn.c_proj.weight", c, width, file + "o.weight");
            yield return Vector(file + "attn.c_proj.bias", c, file + "o.bias");
            yield return Vector(file + "ln_2.weight", c, file + "norm2.weight");
            yield return Vector(file + "ln_2.bias", c, file + "norm2.bias");
            yield return Transposed(file + "mlp.c_fc.weight", f, c, file + "up.weight");
            yield return Vector(file + "mlp.c_fc.bias", f, file + "up.bias");
            yield return Transposed(file + "mlp.c_proj.weight", c, f, file + "down.weight");
            yield return Vector(file + "mlp.c_proj.bias", c, file + "down.bias");
        }

        yield return Vector("ln_f.weight", c, "norm_f.weight");
        yield return Vector("ln_f.bias", c, "norm_f.bias");
        foreach (var head in UntiedHead(config))
        {
            yield return head;
        }
    }

    // NOTE: "h.0.attn.bias" is a mask, "h.0.attn.c_attn.bias" is a parameter: whole names only.
    public override bool IsIgnored(string name) =>
        TrySplitBlock(name, "h.", out var rest) && rest is "attn.bias" or "attn.masked_bias";

    private FileTensor Transposed(string name, long rows, long columns, string parameter) =>
        new(Prefix + name, new Shape(columns, rows), parameter, 0, rows, IsTransposed: true);
}
