using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>MosaicGPT, the predecessor of MPT with code of its own: q and k can be normalised, keys are flat.</summary>
internal sealed class MosaicGptFamily : MosaicNames
{
    public override string ModelType => "mosaic_gpt";

    public override string Architecture => "MosaicGPT";

    protected override string NormName => "ln_";

    protected override string UpName => "mlp.mlp_up";

    protected override string DownName => "mlp.mlp_down";

    public override DecoderConfig Read(ConfigReader json) =>
        WithAttention(
            ReadCommon(json, "mlp_ratio", noBias: false), json, "attn_qk_ln", "attn_clip_qkv", json.Flag("alibi", false)) with
        {
            InitializerRange = json.Number("init_std", 0.02),
        };

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        WriteCommon(config, json, "mlp_ratio");
        WriteAttention(config, json, "attn_qk_ln", "attn_clip_qkv");
        json.Set("init_std", config.InitializerRange);
        json.SetDefault("low_precision_layernorm", true);
        json.SetDefault("attn_impl", "torch");
        json.SetDefaultId("bos_token_id", json.EndOfText);
        json.SetDefaultId("eos_token_id", json.EndOfText);
    }
}
