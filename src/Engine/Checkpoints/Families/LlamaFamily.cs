using System.Text.Json.Nodes;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// LLaMA 1, 2 and 3: rotary positions in half form, RMSNorm, gated MLP, three matrices for q, k and v.
/// </summary>
internal sealed class LlamaFamily : ModelFamily
{
    public override string ModelType => "llama";

    public override string Architecture => "LlamaForCausalLM";

    public override string Prefix => "model.";

    public override string TokenTable => "embed_tokens.weight";

    public override DecoderConfig Read(ConfigReader json)
    {
        var hidden = json.Size("hidden_size", 4096);
        var heads = json.Size("num_attention_heads", 32);
        var attentionBias = json.Flag("attention_bias", false);
        if (json.Object("rope_parameters") is { } rope
            && rope.Number("partial_rotary_factor", 1) is var part && part != 1)
        {
            throw new CheckpointException(
                $"{rope.File}: partial_rotary_factor: expected 1 for llama, got {part}.");
        }

        return new DecoderConfig
        {
            Family = ModelType,
            VocabSize = json.Size("vocab_size", 32000),
            Hidden = hidden,
            Ffn = json.Size("intermediate_size", 11008),
            Layers = json.Size("num_hidden_layers", 32),
            Heads = heads,
            KvHeads = json.Size("num_key_value_heads", heads),
            HeadDim = json.Has("head_dim") ? json.Size("head_dim") : 0,
            MaxPositions = json.Size("max_position_embeddings", 2048),
            Norm = NormKind.RmsNorm,
            NormBias = false,
            NormEps = json.Positive("rms_norm_eps", 1e-6),
            Position = PositionKind.Rotary,
            RotaryBase = RopeKeys.Base(json, "rope_theta"),
            RopeScaling = RopeKeys.Scaling(json),
            Activation = json.Activation("hidden_act", "silu"),
            GatedMlp = true,
            BiasQkv = attentionBias,
            BiasOut = attentionBias,
            BiasMlp = json.Flag("mlp_bias", false),
            Tied = json.Flag("tie_word_embeddings", false),
            PadRow = json.Id("pad_token_id", -1),
            InitializerRange = json.Number("initializer_range", 0.02),
        };
    }

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        json.Set("vocab_size", config.VocabSize);
        json.Set("hidden_size", config.Hidden);
        json.Set("intermediate_size", config.F);
        json.Set("num_hidden_layers", config.Layers);
        json.Set("num_attention_heads", config.Heads);
        json.Set("num_key_value_heads", config.NKV);
        json.Set("head_dim", config.HS);
        json.Set("max_position_embeddings", config.MaxPositions);
        json.Set("rms_norm_eps", config.NormEps);
        RopeKeys.Write(config, json, "rope_theta");
        json.SetActivation("hidden_act", config.Activation);
        json.Set("attention_bias", config.BiasQkv);
        json.Set("mlp_bias", config.BiasMlp);
        json.Set("tie_word_embeddings", config.Tied);
        json.Set("initializer_range", config.InitializerRange);
        json.SetDefault("attention_dropout", ConfigWriter.Float(0));
        json.SetDefault("pad_token_id", config.PadRow < 0 ? null : JsonValue.Create(config.PadRow));
        json.SetDefaultId("bos_token_id", json.EndOfText);
        json.SetDefaultId("eos_token_id", json.EndOfText);
    }

    public override IEnumerable<FileTensor> Tensors(DecoderConfig config)
    {
        long c = config.Hidden, f = config.F;
        long queries = (long)config.Heads * config.HS, keys = (long)config.NKV * config.HS;
        yield return Matrix("embed_tokens.weight", config.VocabSize, c, "wte", 0);
        for (var i = 0; i < config.Layers; i++)
        {
            string file = $"layers.{i}.", block = $"h.{i}.";
            yield return Vector(file + "input_layernorm.weight", c, block + "norm1.weight", 0);
            yield return Matrix(file + "self_attn.q_proj.weight", queries, c, block + "qkv.weight", 0);
            yield return Matrix(file + "self_attn.k_proj.weight", keys, c, block + "qkv.weight", queries);
            yield return Matrix(file + "self_attn.v_proj.weight", keys, c, block + "qkv.weight", queries + keys);
            yield return Matrix(file + "self_attn.o_proj.weight", c, queries, block + "o.weight", 0);
            if (config.BiasQkv)
            {
                yield return Vector(file + "self_attn.q_proj.bias", queries, block + "qkv.bias", 0);
                yield return Vector(file + "self_attn.k_proj.bias", keys, block + "qkv.bias", queries);
                yield return Vector(file + "self_attn.v_proj.bias", keys, block + "qkv.bias", queries + keys);
                yield return Vector(file + "self_attn.o_proj.bias", c, block + "o.bias", 0);
            }

            yield return Vector(file + "post_attention_layernorm.weight", c, block + "norm2.weight", 0);
            yield return Matrix(file + "mlp.gate_proj.weight", f, c, block + "gate_up.weight", 0);
            yield return Matrix(file + "mlp.up_proj.weight", f, c, block + "gate_up.weight", f);
            yield return Matrix(file + "mlp.down_proj.weight", c, f, block + "down.weight", 0);
            if (config.BiasMlp)
            {
                yield return Vector(file + "mlp.gate_proj.bias", f, block + "gate_up.bias", 0);
                yield return Vector(file + "mlp.up_proj.bias", f, block + "gate_up.bias", f);
                yield return Vector(file + "mlp.down_proj.bias", c, block + "down.bias", 0);
            }
        }

        yield return Vector("norm.weight", c, "norm_f.weight", 0);
        foreach (var head in UntiedHead(config))
        {
            yield return head;
        }
    }

    public override bool IsIgnored(string name) =>
        TrySplitBlock(name, "layers.", out var rest) && rest is "self_attn.rotary_emb.inv_freq";
}
