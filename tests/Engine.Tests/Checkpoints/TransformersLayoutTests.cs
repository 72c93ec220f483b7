using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// A folder that the transformers library wrote and one saved here from it hold the same tensors, name by
/// name and byte by byte: what that library writes, it reads.
/// </summary>
public sealed class TransformersLayoutTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("layout-").FullName;
    private readonly Device _device = Devices.Open("cpu", 1);

    public static TheoryData<string> Folders =>
        new(Fixtures.FoldersWith("checkpoints/hf-written", "config.json"));

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Save_OfTheirFolder_HasTheirTensors(string folder)
    {
        using var theirs = WeightFiles.Open(folder, null);
        var dtype = theirs.Tensors.Values.First().Entry.DType;
        using (var model = ModelFolder.Load(_device, folder))
        {
            ModelFolder.Save(model, _folder, new ModelSaveOptions { DType = dtype, SourceConfig = ModelFolder.ReadConfigJson(folder) });
        }

        using var ours = WeightFiles.Open(_folder, null);
        Assert.Equal(theirs.Tensors.Keys.Order(StringComparer.Ordinal), ours.Tensors.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, (file, entry)) in theirs.Tensors)
        {
            var (ownFile, ownEntry) = ours.Tensors[name];
            Assert.Equal(entry.DType, ownEntry.DType);
            Assert.Equal(entry.Shape, ownEntry.Shape);
            byte[] expected = new byte[entry.SizeBytes], actual = new byte[entry.SizeBytes];
            file.ReadBytes(entry, expected);
            ownFile.ReadBytes(ownEntry, actual);
            Assert.Equal(expected, actual);
        }

        var config = ModelFolder.ReadConfigJson(_folder);
        Assert.Equal(ModelFolder.ReadConfigJson(folder)["architectures"]!.ToJsonString(), config["architectures"]!.ToJsonString());
        Assert.False(config.ContainsKey("rope_parameters"));
        Assert.False(config.ContainsKey("dtype"));
        Assert.Equal(dtype switch { "BF16" => "bfloat16", "F16" => "float16", _ => "float32" },
            config["torch_dtype"]!.GetValue<string>());
    }

    [Fact]
    public void Save_WithoutSource_WritesEveryKeyOfTheFamily()
    {
        foreach (var (fixture, keys) in (ReadOnlySpan<(string, string)>)
        [
            ("tiny-gpt2",
                "vocab_size n_positions n_ctx n_embd n_layer n_head n_inner activation_function "
                + "layer_norm_epsilon "
                + "resid_pdrop embd_pdrop attn_pdrop initializer_range scale_attn_weights "
                + "scale_attn_by_inverse_layer_idx "
                + "tie_word_embeddings bos_token_id eos_token_id model_type architectures torch_dtype"),
            ("tiny-llama3-rope-tied",
                "vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads "
                + "num_key_value_heads head_dim max_position_embeddings rms_norm_eps rope_theta rope_scaling "
                + "tie_word_embeddings "
                + "bos_token_id eos_token_id hidden_act attention_bias mlp_bias attention_dropout "
                + "initializer_range pad_token_id "
                + "model_type architectures torch_dtype"),
            ("tiny-pythia",
                "vocab_size hidden_size num_hidden_layers num_attention_heads intermediate_size hidden_act "
                + "rotary_pct rotary_emb_base rope_scaling max_position_embeddings layer_norm_eps "
                + "use_parallel_residual attention_bias tie_word_embeddings attention_dropout hidden_dropout "
                + "initializer_range bos_token_id eos_token_id model_type architectures torch_dtype"),
            ("tiny-opt",
                "vocab_size hidden_size num_hidden_layers num_attention_heads ffn_dim max_position_embeddings "
                + "word_embed_proj_dim do_layer_norm_before _remove_final_layer_norm activation_function enable_bias "
                + "layer_norm_elementwise_affine dropout attention_dropout layerdrop init_std tie_word_embeddings "
                + "pad_token_id bos_token_id eos_token_id model_type architectures torch_dtype"),
            ("tiny-mpt",
                "d_model n_heads n_layers expansion_ratio max_seq_len vocab_size layer_norm_epsilon attn_config "
                + "resid_pdrop emb_pdrop no_bias logit_scale learned_pos_emb norm_type tie_word_embeddings "
                + "initializer_range embedding_fraction bos_token_id eos_token_id model_type architectures torch_dtype"),
            ("tiny-mosaic-gpt",
                "d_model n_heads n_layers mlp_ratio max_seq_len vocab_size alibi alibi_bias_max attn_qk_ln "
                + "attn_clip_qkv softmax_scale logit_scale no_bias low_precision_layernorm attn_impl prefix_lm "
                + "attn_uses_sequence_id attn_pdrop resid_pdrop emb_pdrop embedding_fraction init_std bos_token_id "
                + "eos_token_id model_type architectures torch_dtype"),
        ])
        {
            using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/" + fixture));
            ModelFolder.Save(model, _folder, new ModelSaveOptions { EndOfText = 7 });
            var config = ModelFolder.ReadConfigJson(_folder);
            Assert.Equal(keys.Split(' ').Order(StringComparer.Ordinal), config.Select(pair => pair.Key));
            Assert.Equal(7, config["eos_token_id"]!.GetValue<int>());
        }
    }

    [Fact]
    public void Save_WholeNumberInAFloatKey_StaysAFloat()
    {
        // There are readers that tell 8 and 8.0 apart.
        using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/tiny-llama3-rope-tied"));
        ModelFolder.Save(model, _folder);
        Assert.Contains("\"factor\": 8.0", File.ReadAllText(Path.Combine(_folder, "config.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Save_MptThatTheirClassWouldMisread_WarnsOrIsRefused()
    {
        using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/tiny-mpt"));
        using var other = new Decoder(_device, model.Config with { AlibiBiasMax = 4, LogitScale = 0.5 });
        var warnings = new List<string>();
        ModelFolder.Save(other, _folder, new ModelSaveOptions { Warn = warnings.Add });
        const string Text = "Export as mpt: the class MptForCausalLM of the transformers library ignores positions other than "
            + "ALiBi with alibi_bias_max 8, logit_scale: it would compute something else.";
        Assert.Equal([Text], warnings);
        var error = Assert.Throws<CheckpointException>(
            () => ModelFolder.Save(other, _folder, new ModelSaveOptions { RequireTransformers = true }));
        Assert.Equal(Text, error.Message);
        ModelFolder.Save(model, _folder, new ModelSaveOptions { RequireTransformers = true });
    }

    [Fact]
    public void Load_MptUnderTheOlderNames_IsTheSameModel()
    {
        var folder = Fixtures.Find("checkpoints/tiny-mpt");
        File.Copy(Path.Combine(folder, "config.json"), Path.Combine(_folder, "config.json"));
        using (var file = SafetensorsFile.Open(Path.Combine(folder, "model.safetensors")))
        {
            SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), [.. file.Entries.Select(entry =>
                SafetensorsTensor.FromFloats(
                    entry.Name.Replace("norm_", "ln_", StringComparison.Ordinal)
                        .Replace("ffn.up_proj", "mlp.mlp_up", StringComparison.Ordinal)
                        .Replace("ffn.down_proj", "mlp.mlp_down", StringComparison.Ordinal),
                    "F32", entry.Shape, file.ReadFloats(entry)))]);
        }

        using var newer = ModelFolder.Load(_device, folder);
        using var older = ModelFolder.Load(_device, _folder);
        Assert.Equal(newer.Weights.Flat.ToArray(), older.Weights.Flat.ToArray());
    }
}
