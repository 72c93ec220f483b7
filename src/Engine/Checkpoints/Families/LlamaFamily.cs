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
        var rope = json.Object("rope_parameters");
        if (rope is not null && rope.Number("partial_rotary_factor", 1) is var part && part != 1)
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
            RotaryBase = rope is not null && rope.Has("rope_theta")
                ? rope.Positive("rope_theta")
                : json.Positive("rope_theta", 10000),
            RopeScaling = ReadScaling(rope ?? json.Object("rope_scaling")),
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
        RequireExpressible(config);
        json.Set("vocab_size", config.VocabSize);
        json.Set("hidden_size", config.Hidden);
        json.Set("intermediate_size", config.F);
        json.Set("num_hidden_layers", config.Layers);
        json.Set("num_attention_heads", config.Heads);
        json.Set("num_key_value_heads", config.NKV);
        json.Set("head_dim", config.HS);
        json.Set("max_position_embeddings", config.MaxPositions);
        json.Set("rms_norm_eps", config.NormEps);
        json.Remove("rope_parameters");
        json.Set("rope_theta", config.RotaryBase);
        json.Set("rope_scaling", WriteScaling(config.RopeScaling));
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
        if (!config.Tied)
        {
            yield return new FileTensor(Head, new Shape(config.VocabSize, c), "head.weight", 0, config.VocabSize);
        }
    }

    public override bool IsIgnored(string name) =>
        TrySplitBlock(name, "layers.", out var rest) && rest is "self_attn.rotary_emb.inv_freq";

    private static RopeScaling ReadScaling(ConfigReader? json)
    {
        if (json is null)
        {
            return new RopeScaling(RopeScalingKind.None);
        }

        var kind = json.Has("rope_type") ? json.Text("rope_type") : json.Text("type", "default");
        return kind switch
        {
            "default" => new RopeScaling(RopeScalingKind.None),
            "linear" => new RopeScaling(RopeScalingKind.Linear, json.Positive("factor")),
            "dynamic" => new RopeScaling(RopeScalingKind.Dynamic, json.Positive("factor")),
            "llama3" => new RopeScaling(
                RopeScalingKind.Llama3, json.Positive("factor"), json.Positive("low_freq_factor"),
                json.Positive("high_freq_factor"), json.Size("original_max_position_embeddings")),
            _ => throw new CheckpointException(
                $"{json.File}: rope scaling '{kind}' is not supported: expected default, linear, dynamic or "
                + "llama3."),
        };
    }

    private static JsonObject? WriteScaling(RopeScaling scaling) => scaling.Kind switch
    {
        RopeScalingKind.None => null,
        RopeScalingKind.Linear or RopeScalingKind.Dynamic => new JsonObject
        {
            ["rope_type"] = scaling.Kind == RopeScalingKind.Linear ? "linear" : "dynamic",
            ["factor"] = ConfigWriter.Float(scaling.Factor),
        },
        _ => new JsonObject
        {
            ["rope_type"] = "llama3",
            ["factor"] = ConfigWriter.Float(scaling.Factor),
            ["low_freq_factor"] = ConfigWriter.Float(scaling.LowFrequencyFactor),
            ["high_freq_factor"] = ConfigWriter.Float(scaling.HighFrequencyFactor),
            ["original_max_position_embeddings"] = scaling.OriginalMaxPositions,
        },
    };

    private static void RequireExpressible(DecoderConfig config)
    {
        void Require(bool condition, string field, object value) =>
            ConfigWriter.Require(condition, "llama", field, value);
        Require(config.Position == PositionKind.Rotary, nameof(config.Position), config.Position);
        Require(config.R == config.HS, nameof(config.RotaryDim), config.R);
        Require(config.Norm == NormKind.RmsNorm, nameof(config.Norm), config.Norm);
        Require(config.NormAffine && !config.NormBias, nameof(config.NormBias), config.NormBias);
        Require(config.NormPosition == NormPosition.Pre, nameof(config.NormPosition), config.NormPosition);
        Require(config.FinalNorm, nameof(config.FinalNorm), config.FinalNorm);
        Require(config.Residual == ResidualKind.Sequential, nameof(config.Residual), config.Residual);
        Require(config.E == config.Hidden, nameof(config.EmbedDim), config.E);
        Require(!config.QkNorm, nameof(config.QkNorm), config.QkNorm);
        Require(config.ClipQkv == 0, nameof(config.ClipQkv), config.ClipQkv);
        Require(config.GatedMlp, nameof(config.GatedMlp), config.GatedMlp);
        Require(config.BiasQkv == config.BiasOut, nameof(config.BiasOut), config.BiasOut);
        Require(config.LogitScale == 1, nameof(config.LogitScale), config.LogitScale);
        Require(config.AttentionScale == 0 || config.AttentionScale == 1 / Math.Sqrt(config.HS),
            nameof(config.AttentionScale), config.AttentionScale);
        Require(!config.ScaleAttentionByLayer, nameof(config.ScaleAttentionByLayer), config.ScaleAttentionByLayer);
    }

    private FileTensor Matrix(string name, long rows, long columns, string parameter, long firstRow) =>
        new(Prefix + name, new Shape(rows, columns), parameter, firstRow, rows);

    private FileTensor Vector(string name, long count, string parameter, long first) =>
        new(Prefix + name, new Shape(count), parameter, first, count);
}
