using System.Text.Json.Nodes;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// OPT: learned positions that begin at row 2, ReLU; norms before or behind the branches, token tables of
/// another width.
/// </summary>
internal sealed class OptFamily : ModelFamily
{
    private const int FirstPosition = 2;

    public override string ModelType => "opt";

    public override string Architecture => "OPTForCausalLM";

    public override string Prefix => "model.";

    public override string TokenTable => "decoder.embed_tokens.weight";

    public override DecoderConfig Read(ConfigReader json)
    {
        var isPre = json.Flag("do_layer_norm_before", true);
        var hasBias = json.Flag("enable_bias", true);
        return new DecoderConfig
        {
            Family = ModelType,
            VocabSize = json.Size("vocab_size", 50272),
            Hidden = json.Size("hidden_size", 768),
            EmbedDim = json.Has("word_embed_proj_dim") ? json.Size("word_embed_proj_dim") : 0,
            Layers = json.Size("num_hidden_layers", 12),
            Heads = json.Size("num_attention_heads", 12),
            Ffn = json.Size("ffn_dim", 3072),
            MaxPositions = json.Size("max_position_embeddings", 2048),
            NormAffine = json.Flag("layer_norm_elementwise_affine", true),
            NormPosition = isPre ? NormPosition.Pre : NormPosition.Post,
            FinalNorm = isPre && !json.Flag("_remove_final_layer_norm", false),
            PositionOffset = FirstPosition,
            Activation = json.Activation("activation_function", "relu"),
            BiasQkv = hasBias,
            BiasOut = hasBias,
            BiasMlp = hasBias,
            Tied = json.Flag("tie_word_embeddings", true),
            PadRow = json.Id("pad_token_id", 1),
            InitializerRange = json.Number("init_std", 0.02),
        };
    }

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        var isPre = config.NormPosition == NormPosition.Pre;
        json.Set("vocab_size", config.VocabSize);
        json.Set("hidden_size", config.Hidden);
        json.Set("word_embed_proj_dim", config.E);
        json.Set("num_hidden_layers", config.Layers);
        json.Set("num_attention_heads", config.Heads);
        json.Set("ffn_dim", config.F);
        json.Set("max_position_embeddings", config.MaxPositions);
        json.Set("layer_norm_elementwise_affine", config.NormAffine);
        json.Set("do_layer_norm_before", isPre);
        json.Set("_remove_final_layer_norm", isPre && !config.FinalNorm);
        json.SetActivation("activation_function", config.Activation);
        json.Set("enable_bias", config.BiasQkv);
        json.Set("tie_word_embeddings", config.Tied);
        json.Set("init_std", config.InitializerRange);
        foreach (var dropout in (string[])["dropout", "attention_dropout", "layerdrop"])
        {
            json.SetDefault(dropout, ConfigWriter.Float(0));
        }

        json.SetDefault("pad_token_id", config.PadRow < 0 ? null : JsonValue.Create(config.PadRow));
        json.SetDefaultId("bos_token_id", json.EndOfText);
        json.SetDefaultId("eos_token_id", json.EndOfText);
    }

    public override IEnumerable<FileTensor> Tensors(DecoderConfig config)
    {
        long c = config.Hidden, e = config.E;
        return
        [
            Matrix(TokenTable, config.VocabSize, e, "wte"),
            Matrix("decoder.embed_positions.weight", config.MaxPositions + FirstPosition, c, "wpe"),
            .. e == c
                ? (FileTensor[])[]
                : [
                    Matrix("decoder.project_in.weight", c, e, "proj_in.weight"),
                    Matrix("decoder.project_out.weight", e, c, "proj_out.weight"),
                ],
            .. Enumerable.Range(0, config.Layers)
                .SelectMany(i => Block(config, $"decoder.layers.{i}.", $"h.{i}.")),
            .. config.FinalNorm ? Norm(config, "decoder.final_layer_norm", c, "norm_f") : [],
            .. UntiedHead(config),
        ];
    }

    public override bool IsIgnored(string name) => name == "decoder.version";

    private IEnumerable<FileTensor> Block(DecoderConfig config, string file, string block)
    {
        long c = config.Hidden, f = config.F, width = (long)config.Heads * config.HS;
        return
        [
            .. Linear(file + "self_attn.q_proj", width, c, config.BiasQkv, block + "qkv", 0),
            .. Linear(file + "self_attn.k_proj", width, c, config.BiasQkv, block + "qkv", width),
            .. Linear(file + "self_attn.v_proj", width, c, config.BiasQkv, block + "qkv", 2 * width),
            .. Linear(file + "self_attn.out_proj", c, width, config.BiasOut, block + "o"),
            .. Norm(config, file + "self_attn_layer_norm", c, block + "norm1"),
            .. Linear(file + "fc1", f, c, config.BiasMlp, block + "up"),
            .. Linear(file + "fc2", c, f, config.BiasMlp, block + "down"),
            .. Norm(config, file + "final_layer_norm", c, block + "norm2"),
        ];
    }
}
