using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// config.json of published models, with the keys they have: parameter and tensor counts, and the preset of the
/// same model, must come out of it.
/// </summary>
public sealed class PublishedConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("published-").FullName;

    /// <summary>Preset, config.json, unique parameters, tensors of a complete file (0: not checked).</summary>
    public static TheoryData<string, string, long, int> Models => new()
    {
        { "gpt2", """{"model_type":"gpt2","n_ctx":1024,"n_embd":768,"n_head":12,"n_layer":12,"n_positions":1024}""", 124439808, 148 },
        {
            "openllama-3b",
            """{"model_type":"llama","hidden_size":3200,"intermediate_size":8640,"num_hidden_layers":26,"num_attention_heads":32,"max_position_embeddings":2048,"rms_norm_eps":1e-06,"tie_word_embeddings":false,"vocab_size":32000}""",
            3426473600, 237
        },
        {
            "tinyllama-1.1b",
            """{"model_type":"llama","hidden_size":2048,"intermediate_size":5632,"num_hidden_layers":22,"num_attention_heads":32,"num_key_value_heads":4,"max_position_embeddings":2048,"rms_norm_eps":1e-05,"rope_scaling":null,"vocab_size":32000}""",
            1100048384, 201
        },
        {
            "llama-3.2-1b",
            """{"model_type":"llama","hidden_size":2048,"intermediate_size":8192,"num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":64,"max_position_embeddings":131072,"rms_norm_eps":1e-05,"rope_theta":500000.0,"rope_scaling":{"factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},"tie_word_embeddings":true,"vocab_size":128256,"eos_token_id":[128001,128008]}""",
            1235814400, 0
        },
        {
            "pythia-70m",
            """{"model_type":"gpt_neox","hidden_size":512,"intermediate_size":2048,"num_hidden_layers":6,"num_attention_heads":8,"rotary_pct":0.25,"rotary_emb_base":10000,"use_parallel_residual":true,"vocab_size":50304}""",
            70426624, 0
        },
        {
            "pythia-1.4b",
            """{"model_type":"gpt_neox","hidden_act":"gelu","hidden_size":2048,"intermediate_size":8192,"layer_norm_eps":1e-05,"max_position_embeddings":2048,"num_attention_heads":16,"num_hidden_layers":24,"rotary_pct":0.25,"rotary_emb_base":10000,"tie_word_embeddings":false,"use_parallel_residual":true,"vocab_size":50304}""",
            1414647808, 292
        },
        { "gpt-neox-20b", """{"model_type":"gpt_neox"}""", 20554567680, 0 },
        { "opt-125m", """{"model_type":"opt","pad_token_id":1}""", 125239296, 0 },
        {
            "opt-350m",
            """{"model_type":"opt","hidden_size":1024,"num_hidden_layers":24,"num_attention_heads":16,"ffn_dim":4096,"word_embed_proj_dim":512,"do_layer_norm_before":false,"vocab_size":50272}""",
            331196416, 388
        },
        {
            "opt-1.3b",
            """{"model_type":"opt","hidden_size":2048,"num_hidden_layers":24,"num_attention_heads":32,"ffn_dim":8192,"word_embed_proj_dim":2048,"do_layer_norm_before":true,"dropout":0.1,"vocab_size":50272,"pad_token_id":1}""",
            1315758080, 388
        },
        {
            "mpt-1b",
            """{"model_type":"mosaic_gpt","alibi":true,"alibi_bias_max":8,"attn_clip_qkv":null,"attn_impl":"torch","attn_pdrop":0,"attn_qk_ln":true,"attn_uses_sequence_id":false,"d_model":2048,"embedding_fraction":1.0,"low_precision_layernorm":true,"max_seq_len":2048,"mlp_ratio":4,"n_heads":16,"n_layers":24,"no_bias":true,"prefix_lm":false,"resid_pdrop":0,"softmax_scale":null,"vocab_size":50432}""",
            1311442944, 194
        },
        {
            "mpt-7b",
            """{"model_type":"mpt","attn_config":{"alibi":true,"alibi_bias_max":8,"attn_type":"multihead_attention","clip_qkv":null,"prefix_lm":false,"qk_ln":false},"d_model":4096,"expansion_ratio":4,"max_seq_len":2048,"n_heads":32,"n_layers":32,"no_bias":true,"vocab_size":50432}""",
            6649286656, 194
        },
        {
            "mpt-30b",
            """{"model_type":"mpt","attn_config":{"alibi":true},"d_model":7168,"max_seq_len":8192,"n_heads":64,"n_layers":48,"no_bias":true,"norm_type":"low_precision_layernorm","vocab_size":50432}""",
            29957200896, 0
        },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Models))]
    public void ReadConfig_PublishedModel_HasItsCountsAndIsThePreset(string preset, string json, long parameters, int tensors)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), json);
        var config = ModelFolder.ReadConfig(_folder);
        config.RequireSupported();
        var table = ParameterTable.For(config);
        Assert.Equal(parameters, table.ElementCount);
        Assert.Equal(parameters, CanonicalTensors.For(config).Sum(tensor => tensor.Shape.Count));
        if (tensors > 0)
        {
            Assert.Equal(tensors, CanonicalTensors.For(config).Count);
        }

        Assert.Equal(Explicit(ModelPresets.Get(preset)), Explicit(config));
    }

    [Theory]
    [InlineData("""{"model_type":"mpt","attn_config":{"prefix_lm":true}}""", "prefix_lm: expected false, got true")]
    [InlineData("""{"model_type":"mpt","attn_config":{"attn_type":"multiquery_attention"}}""", "attn_type: 'multiquery_attention'")]
    [InlineData("""{"model_type":"mpt","norm_type":"rmsnorm"}""", "norm_type: 'rmsnorm' is not supported")]
    [InlineData("""{"model_type":"mpt","logit_scale":"half"}""", "logit_scale: expected a number or inv_sqrt_d_model")]
    [InlineData("""{"model_type":"mpt","attn_config":{"alibi":false},"learned_pos_emb":false}""", "a model needs positions")]
    [InlineData("""{"model_type":"mosaic_gpt","attn_uses_sequence_id":true}""", "attn_uses_sequence_id: expected false")]
    [InlineData("""{"model_type":"gpt_neox","rotary_pct":0.001}""", "rotary_pct: expected a share of the head size 96")]
    [InlineData("""{"model_type":"gpt_neox","rope_scaling":{"type":"yarn","factor":2}}""", "rope scaling 'yarn' is not supported")]
    [InlineData("""{"model_type":"opt","activation_function":"gelu_10"}""", "activation 'gelu_10' is not supported")]
    public void ReadConfig_FormThatIsNotSupported_IsNamed(string json, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), json);
        var error = Assert.Throws<CheckpointException>(() => ModelFolder.ReadConfig(_folder));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadConfig_OlderOrNewerRotaryKeys_MeanTheSame()
    {
        var older = Read(
            """{"model_type":"gpt_neox","rotary_pct":0.5,"rotary_emb_base":5000,"rope_scaling":{"type":"linear","factor":2.0}}""");
        var newer = Read(
            """{"model_type":"gpt_neox","rotary_pct":1.0,"rope_parameters":{"partial_rotary_factor":0.5,"rope_theta":5000,"rope_type":"linear","factor":2.0}}""");
        Assert.Equal(older, newer);
        Assert.Equal(48, newer.R);
        Assert.Equal(new RopeScaling(RopeScalingKind.Linear, 2), newer.RopeScaling);
        var scale = Read("""{"model_type":"mpt","d_model":64,"logit_scale":"inv_sqrt_d_model"}""");
        Assert.Equal(0.125, scale.LogitScale);
    }

    private DecoderConfig Read(string json)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), json);
        return ModelFolder.ReadConfig(_folder);
    }

    private static DecoderConfig Explicit(DecoderConfig config) => config with
    {
        EmbedDim = config.E,
        KvHeads = config.NKV,
        HeadDim = config.HS,
        Ffn = config.F,
        RotaryDim = config.Position == PositionKind.Rotary ? config.R : 0,
    };
}
