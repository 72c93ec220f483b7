using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>MPT: ALiBi, no biases, settings of the attention in an object of their own.</summary>
internal sealed class MptFamily : MosaicNames
{
    public override string ModelType => "mpt";

    public override string Architecture => "MptForCausalLM";

    protected override string NormName => "norm_";

    protected override string UpName => "ffn.up_proj";

    protected override string DownName => "ffn.down_proj";

    public override DecoderConfig Read(ConfigReader json)
    {
        var attention = json.Object("attn_config") ?? ConfigReader.Empty(json.File + ": attn_config");
        Expect(attention, "attn_type", "multihead_attention");
        Expect(json, "norm_type", "low_precision_layernorm", "layernorm");
        var isAlibi = attention.Flag("alibi", true);
        if (!isAlibi && !json.Flag("learned_pos_emb", true))
        {
            throw new CheckpointException(
                $"{json.File}: learned_pos_emb: expected true where attn_config.alibi is false: a model needs positions.");
        }

        return WithAttention(ReadCommon(json, "expansion_ratio", noBias: true), attention, "qk_ln", "clip_qkv", isAlibi) with
        {
            NormEps = json.Positive("layer_norm_epsilon", 1e-5),
            Tied = json.Flag("tie_word_embeddings", true),
            InitializerRange = json.Number("initializer_range", 0.02),
        };
    }

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        WriteCommon(config, json, "expansion_ratio");
        json.Set("layer_norm_epsilon", config.NormEps);
        json.Set("initializer_range", config.InitializerRange);
        json.Set("tie_word_embeddings", config.Tied);
        json.SetDefault("learned_pos_emb", true);
        json.SetDefault("norm_type", "low_precision_layernorm");
        var attention = json.Object("attn_config");
        WriteAttention(config, attention, "qk_ln", "clip_qkv");
        attention.Set("attn_type", "multihead_attention");
        attention.SetDefault("attn_impl", "torch");
        json.SetDefaultId("bos_token_id", json.EndOfText);
        json.SetDefaultId("eos_token_id", json.EndOfText);
    }

    /// <summary>The library's class ignores these keys of its own configuration.</summary>
    public override IEnumerable<string> NotInTransformers(DecoderConfig config)
    {
        if (config.F != 4 * config.Hidden)
        {
            yield return $"expansion_ratio other than 4 (Ffn = {config.F})";
        }

        if (config.Position != PositionKind.Alibi || config.AlibiBiasMax != 8)
        {
            yield return "positions other than ALiBi with alibi_bias_max 8";
        }

        if (config.QkNorm)
        {
            yield return "qk_ln";
        }

        if (config.LogitScale != 1)
        {
            yield return "logit_scale";
        }

        if (config.BiasMlp)
        {
            yield return "biases (no_bias = false)";
        }
    }

    /// <summary>MosaicGPT's names, which early MPT files use.</summary>
    public override string Alias(string name) => name
        .Replace(".norm_", ".ln_", StringComparison.Ordinal)
        .Replace(".ffn.up_proj.", ".mlp.mlp_up.", StringComparison.Ordinal)
        .Replace(".ffn.down_proj.", ".mlp.mlp_down.", StringComparison.Ordinal);

    private static void Expect(ConfigReader json, string key, params string[] known)
    {
        if (json.Has(key) && json.Text(key) is var text && !known.Contains(text))
        {
            throw new CheckpointException(
                $"{json.File}: {key}: '{text}' is not supported: expected {string.Join(" or ", known)}.");
        }
    }
}
