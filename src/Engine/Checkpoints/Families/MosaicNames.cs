using Inheritune.Engine.Model;

namespace Inheritune.Engine.Checkpoints.Families;

/// <summary>
/// What MPT and MosaicGPT share: tensors in one order under two sets of names, and the meaning of their keys.
/// </summary>
internal abstract class MosaicNames : ModelFamily
{
    public override string Prefix => "transformer.";

    public override string TokenTable => "wte.weight";

    /// <summary>Start of the names of norms: "norm_", "ln_".</summary>
    protected abstract string NormName { get; }

    /// <summary>Layers of the MLP: "ffn.up_proj", "mlp.mlp_up".</summary>
    protected abstract string UpName { get; }

    /// <summary>"ffn.down_proj", "mlp.mlp_down".</summary>
    protected abstract string DownName { get; }

    public override IEnumerable<FileTensor> Tensors(DecoderConfig config)
    {
        long c = config.Hidden;
        return
        [
            Matrix(TokenTable, config.VocabSize, c, "wte"),
            .. config.Position == PositionKind.Learned
                ? (FileTensor[])[Matrix("wpe.weight", config.MaxPositions, c, "wpe")]
                : [],
            .. Enumerable.Range(0, config.Layers).SelectMany(i => Block(config, $"blocks.{i}.", $"h.{i}.")),
            .. Norm(config, NormName + "f", c, "norm_f"),
            .. UntiedHead(config),
        ];
    }

    public override bool IsIgnored(string name) => false;

    /// <summary>What the attention of both has: positions, norms, limits, scale.</summary>
    protected static DecoderConfig WithAttention(
        DecoderConfig config, ConfigReader attention, string qkNorm, string clip, bool isAlibi)
    {
        foreach (var key in (string[])["prefix_lm", "attn_uses_sequence_id"])
        {
            if (attention.Flag(key, false))
            {
                throw new CheckpointException(
                    $"{attention.File}: {key}: expected false, got true: every token sees all before it, no more.");
            }
        }

        return config with
        {
            Position = isAlibi ? PositionKind.Alibi : PositionKind.Learned,
            AlibiBiasMax = attention.Positive("alibi_bias_max", 8),
            QkNorm = attention.Flag(qkNorm, false),
            ClipQkv = attention.Has(clip) ? attention.Positive(clip) : 0,
            AttentionScale = attention.Has("softmax_scale") ? attention.Positive("softmax_scale") : 0,
        };
    }

    /// <summary>Writes them.</summary>
    protected static void WriteAttention(DecoderConfig config, ConfigWriter attention, string qkNorm, string clip)
    {
        attention.Set("alibi", config.Position == PositionKind.Alibi);
        attention.SetNumber("alibi_bias_max", config.AlibiBiasMax);
        attention.Set(qkNorm, config.QkNorm);
        attention.SetOptional(clip, config.ClipQkv, none: 0);
        attention.SetOptional("softmax_scale", config.AttentionScale, none: 0);
        attention.Set("prefix_lm", false);
        attention.Set("attn_uses_sequence_id", false);
        attention.SetDefault("attn_pdrop", ConfigWriter.Float(0));
    }

    /// <summary>What both have on the top level: sizes, biases, scales.</summary>
    protected DecoderConfig ReadCommon(ConfigReader json, string ratioKey, bool noBias)
    {
        var hidden = json.Size("d_model", 2048);
        var hasBias = !json.Flag("no_bias", noBias);
        return new DecoderConfig
        {
            Family = ModelType,
            VocabSize = json.Size("vocab_size", 50368),
            Hidden = hidden,
            Layers = json.Size("n_layers", 24),
            Heads = json.Size("n_heads", 16),
            Ffn = Width(json, ratioKey, hidden),
            MaxPositions = json.Size("max_seq_len", 2048),
            NormBias = hasBias,
            Activation = Kernels.Activation.GeluErf,
            BiasQkv = hasBias,
            BiasOut = hasBias,
            BiasMlp = hasBias,
            LogitScale = LogitScale(json, hidden),
            EmbedGradFraction = json.Positive("embedding_fraction", 1),
        };
    }

    /// <summary>Writes them.</summary>
    protected static void WriteCommon(DecoderConfig config, ConfigWriter json, string ratioKey)
    {
        json.Set("vocab_size", config.VocabSize);
        json.Set("d_model", config.Hidden);
        json.Set("n_layers", config.Layers);
        json.Set("n_heads", config.Heads);
        json.SetNumber(ratioKey, (double)config.F / config.Hidden);
        json.Set("max_seq_len", config.MaxPositions);
        json.Set("no_bias", !config.BiasMlp);
        json.SetOptional("logit_scale", config.LogitScale, none: 1);
        json.Set("embedding_fraction", config.EmbedGradFraction);
        json.SetDefault("resid_pdrop", ConfigWriter.Float(0));
        json.SetDefault("emb_pdrop", ConfigWriter.Float(0));
    }

    private static int Width(ConfigReader json, string key, int hidden)
    {
        var width = Math.Round(json.Positive(key, 4) * hidden);
        return width is >= 1 and <= int.MaxValue
            ? (int)width
            : throw new CheckpointException($"{json.File}: {key}: expected an MLP of 1 to 2147483647 rows, got {width}.");
    }

    private static double LogitScale(ConfigReader json, int hidden)
    {
        if (!json.IsText("logit_scale"))
        {
            return json.Positive("logit_scale", 1);
        }

        return json.Text("logit_scale") is var name && name == "inv_sqrt_d_model"
            ? 1 / Math.Sqrt(hidden)
            : throw new CheckpointException(
                $"{json.File}: logit_scale: expected a number or inv_sqrt_d_model, got '{name}'.");
    }

    private IEnumerable<FileTensor> Block(DecoderConfig config, string file, string block)
    {
        long c = config.Hidden, f = config.F;
        return
        [
            .. Norm(config, file + NormName + "1", c, block + "norm1"),
            .. Linear(file + "attn.Wqkv", 3 * c, c, config.BiasQkv, block + "qkv"),
            .. config.QkNorm ? Norm(config, file + "attn.q_ln", c, block + "q_norm") : [],
            .. config.QkNorm ? Norm(config, file + "attn.k_ln", c, block + "k_norm") : [],
            .. Linear(file + "attn.out_proj", c, c, config.BiasOut, block + "o"),
            .. Norm(config, file + NormName + "2", c, block + "norm2"),
            .. Linear(file + UpName, f, c, config.BiasMlp, block + "up"),
            .. Linear(file + DownName, c, f, config.BiasMlp, block + "down"),
        ];
    }
}
