using Inheritune.Engine.Checkpoints;
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
        new(Fixtures.FoldersWith("checkpoints/hf-written", "config.json")
        .Where(folder => ModelFolder.ReadConfigJson(folder)["model_type"]!.GetValue<string>() is "gpt2" or "llama"));

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
        ])
        {
            using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/" + fixture));
            ModelFolder.Save(model, _folder, new ModelSaveOptions { EndOfText = 7 });
            var config = ModelFolder.ReadConfigJson(_folder);
            Assert.Equal(keys.Split(' ').Order(StringComparer.Ordinal), config.Select(pair => pair.Key));
            Assert.Equal(7, config["eos_token_id"]!.GetValue<int>());
        }

        // Floats stay floats for readers that tell 8 and 8.0 apart.
        Assert.Contains("\"factor\": 8.0", File.ReadAllText(Path.Combine(_folder, "config.json")), StringComparison.Ordinal);
    }
}
