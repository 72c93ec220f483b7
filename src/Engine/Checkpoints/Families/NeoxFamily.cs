using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// GPT-NeoX and Pythia: rotary positions on the first part of each head, both branches from one input, q, k and
/// v of a head side by side in one matrix.
/// </summary>
internal sealed class NeoxFamily : ModelFamily
{
    public override string ModelType => "gpt_neox";

    public override string Architecture => "GPTNeoXForCausalLM";

    public override string Prefix => "gpt_neox.";

    public override string TokenTable => "embed_in.weight";

    public override string Head => "embed_out.weight";

    public override DecoderConfig Read(ConfigReader json)
    {
        var (hidden, heads) = (json.Size("hidden_size", 6144), json.Size("num_attention_heads", 64));
        var attentionBias = json.Flag("attention_bias", true);
        return new DecoderConfig
        {
            Family = ModelType,
            VocabSize = json.Size("vocab_size", 50432),
            Hidden = hidden,
            Layers = json.Size("num_hidden_layers", 44),
            Heads = heads,
            Ffn = json.Size("intermediate_size", 24576),
            MaxPositions = json.Size("max_position_embeddings", 2048),
            NormEps = json.Positive("layer_norm_eps", 1e-5),
            Residual = json.Flag("use_parallel_residual", true) ? ResidualKind.Parallel : ResidualKind.Sequential,
            Position = PositionKind.Rotary,
            RotaryDim = RotaryDimensions(json, hidden / heads),
            RotaryBase = RopeKeys.Base(json, "rotary_emb_base"),
            RopeScaling = RopeKeys.Scaling(json),
            Activation = json.Activation("hidden_act", "gelu"),
            BiasQkv = attentionBias,
            BiasOut = attentionBias,
            Tied = json.Flag("tie_word_embeddings", false),
            InitializerRange = json.Number("initializer_range", 0.02),
        };
    }

    public override void Write(DecoderConfig config, ConfigWriter json)
    {
        json.Set("vocab_size", config.VocabSize);
        json.Set("hidden_size", config.Hidden);
        json.Set("num_hidden_layers", config.Layers);
        json.Set("num_attention_heads", config.Heads);
        json.Set("intermediate_size", config.F);
        json.Set("max_position_embeddings", config.MaxPositions);
        json.Set("layer_norm_eps", config.NormEps);
        json.Set("use_parallel_residual", config.Residual == ResidualKind.Parallel);
        RopeKeys.Write(config, json, "rotary_emb_base");
        json.Set("rotary_pct", RotaryShare(config));
        json.SetActivation("hidden_act", config.Activation);
        json.Set("attention_bias", config.BiasQkv);
        json.Set("tie_word_embeddings", config.Tied);
        json.Set("initializer_range", config.InitializerRange);
        json.SetDefault("attention_dropout", ConfigWriter.Float(0));
        json.SetDefault("hidden_dropout", ConfigWriter.Float(0));
        json.SetDefaultId("bos_token_id", json.EndOfText);
        json.SetDefaultId("eos_token_id", json.EndOfText);
    }

    public override IEnumerable<FileTensor> Tensors(DecoderConfig config) =>
    [
        Matrix("embed_in.weight", config.VocabSize, config.Hidden, "wte"),
        .. Enumerable.Range(0, config.Layers).SelectMany(i => Block(config, $"layers.{i}.", $"h.{i}.")),
        .. Norm(config, "final_layer_norm", config.Hidden, "norm_f"),
        .. UntiedHead(config),
    ];

    public override bool IsIgnored(string name) =>
        TrySplitBlock(name, "layers.", out var rest)
        && rest is "attention.bias" or "attention.masked_bias" or "attention.rotary_emb.inv_freq";

    private static int RotaryDimensions(ConfigReader json, int headSize)
    {
        var share = json.Object("rope_parameters") is { } rope && rope.Has("partial_rotary_factor")
            ? rope.Positive("partial_rotary_factor")
            : json.Positive("rotary_pct", 0.25);
        var dimensions = Math.Floor(headSize * share);
        return dimensions is >= 2 and <= int.MaxValue
            ? (int)dimensions
            : throw new CheckpointException(
                $"{json.File}: rotary_pct: expected a share of the head size {headSize} that gives 2 dimensions or "
                + $"more, got {share}.");
    }

    /// <summary>A share s with ⌊HS s⌋ = r in spite of rounding.</summary>
    private static double RotaryShare(DecoderConfig config)
    {
        var share = (double)config.R / config.HS;
        return Math.Floor(config.HS * share) < config.R ? Math.BitIncrement(share) : share;
    }

    private IEnumerable<FileTensor> Block(DecoderConfig config, string file, string block)
    {
        long c = config.Hidden, f = config.F, width = (long)config.Heads * config.HS;
        return
        [
            .. Norm(config, file + "input_layernorm", c, block + "norm1"),
            .. Norm(config, file + "post_attention_layernorm", c, block + "norm2"),
            .. Linear(file + "attention.query_key_value", 3 * width, c, config.BiasQkv, block + "qkv")
                .Select(tensor => tensor with { FusedHeadSize = config.HS }),
            .. Linear(file + "attention.dense", c, width, config.BiasOut, block + "o"),
            .. Linear(file + "mlp.dense_h_to_4h", f, c, config.BiasMlp, block + "up"),
            .. Linear(file + "mlp.dense_4h_to_h", c, f, config.BiasMlp, block + "down"),
        ];
    }
}
