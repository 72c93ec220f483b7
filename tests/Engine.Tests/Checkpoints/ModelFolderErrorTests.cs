using System.Text.Json.Nodes;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints;

public sealed class ModelFolderErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("errors-").FullName;
    private readonly Device _device = Devices.Open("cpu", 1);

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("tiny-gpt2", "n_head", "5", "heads: expected a divisor of the hidden size 12, got 5")]
    [InlineData("tiny-gpt2", "n_head", "\"3\"", "n_head: expected a whole number")]
    [InlineData("tiny-gpt2", "n_layer", "0", "n_layer: expected a whole number from 1")]
    [InlineData("tiny-gpt2", "n_layer", "2000000000", "layers: expected at most 10000")]
    [InlineData("tiny-gpt2", "vocab_size", "14", "expected (14, 12) as config.json says, got (13, 12)")]
    [InlineData("tiny-gpt2", "n_layer", "3", "12 tensors are missing: h.2.attn.c_attn.bias")]
    [InlineData("tiny-gpt2", "n_layer", "1", "12 tensors do not belong to a gpt2 model")]
    [InlineData("tiny-gpt2", "activation_function", "\"gelu_10\"", "activation 'gelu_10' is not supported")]
    [InlineData("tiny-gpt2", "add_cross_attention", "true", "add_cross_attention: expected false")]
    [InlineData("tiny-gpt2", "tie_word_embeddings", "false", "1 tensors are missing: lm_head.weight")]
    [InlineData("tiny-gpt2", "layer_norm_epsilon", "-1", "layer_norm_epsilon: expected a number above 0")]
    [InlineData("tiny-gpt2", "inheritune_scale_divisors", "[1]", "expected 2 numbers, one per block, got 1")]
    [InlineData("tiny-gpt2", "inheritune_scale_divisors", "[1, 0]", "expected numbers above 0, got 0")]
    [InlineData("tiny-gpt2", "model_type", "\"bert\"", "unknown model type 'bert'")]
    [InlineData("tiny-llama-mha", "num_key_value_heads", "3", "key/value heads: expected a divisor of the 2 query heads")]
    [InlineData("tiny-llama-mha", "head_dim", "9", "rotary dimensions: expected an even number")]
    [InlineData("tiny-llama-mha", "rope_scaling", "{\"type\": \"yarn\", \"factor\": 2.0}", "rope scaling 'yarn' is not supported")]
    [InlineData("tiny-llama-mha", "rope_scaling", "{\"rope_type\": \"linear\"}", "factor: expected a value, the key is missing")]
    [InlineData("tiny-llama-mha", "rope_parameters", "{\"partial_rotary_factor\": 0.5}", "partial_rotary_factor: expected 1")]
    [InlineData("tiny-llama-mha", "tie_word_embeddings", "true", "'lm_head.weight' differs from the token table")]
    [InlineData("tiny-llama-mha", "attention_bias", "true", "8 tensors are missing: model.layers.0.self_attn.k_proj.bias")]
    public void Load_WrongConfig_NamesTheFault(string fixture, string key, string value, string expected)
    {
        Copy(fixture);
        var json = ModelFolder.ReadConfigJson(_folder);
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(_folder, "config.json"), json.ToJsonString());
        Assert.Contains(expected, Load().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "expected a JSON object, got Array")]
    [InlineData("{\"model_type\": \"gpt2\", \"model_type\": \"llama\"}", "not valid JSON")]
    [InlineData("{}", "model_type: expected a value, the key is missing")]
    public void ReadConfig_DamagedFile_SaysSo(string text, string expected)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), text);
        Assert.Contains(expected, Load().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoWeights_SaysWhatIsExpected()
    {
        File.Copy(Fixtures.Find("checkpoints/tiny-gpt2/config.json"), Path.Combine(_folder, "config.json"));
        Assert.Contains(
            "expected weights in model.safetensors, model.safetensors.index.json, pytorch_model.bin or "
            + "pytorch_model.bin.index.json", Load().Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder, "pytorch_model.bin"), "");
        Assert.Contains("cut off", Load().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../model-00001-of-00002.safetensors", "expected the plain name")]
    [InlineData("/etc/passwd", "expected the plain name")]
    [InlineData("model-00009-of-00002.safetensors", "is missing")]
    [InlineData("model-00001-of-00002.safetensors", "is not in model-00001-of-00002.safetensors, where the index puts it")]
    public void Load_WrongIndex_NamesTheFault(string shard, string expected)
    {
        Copy("tiny-llama-gqa");
        var path = Path.Combine(_folder, "model.safetensors.index.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["weight_map"]!["model.norm.weight"] = shard;
        File.WriteAllText(path, json.ToJsonString());
        Assert.Contains(expected, Load().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TensorOutsideIndexOrWrongTotal_WarnsOnly()
    {
        Copy("tiny-llama-gqa");
        var path = Path.Combine(_folder, "model.safetensors.index.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["metadata"]!["total_size"] = 1;
        File.WriteAllText(path, json.ToJsonString());
        var warnings = new List<string>();
        ModelFolder.Load(_device, _folder, new ModelLoadOptions { Warn = warnings.Add }).Dispose();
        Assert.Contains("total_size says 1 bytes", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_WrapperPrefix_IsDropped()
    {
        var source = Fixtures.Find("checkpoints/tiny-gpt2");
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(_folder, "config.json"));
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), [.. file.Entries.Select(entry =>
            SafetensorsTensor.FromFloats("module." + entry.Name, "F32", entry.Shape, file.ReadFloats(entry)))]);
        using var model = ModelFolder.Load(_device, _folder);
        using var plain = ModelFolder.Load(_device, source);
        Assert.Equal(plain.Weights.Flat.ToArray(), model.Weights.Flat.ToArray());
    }

    [Fact]
    public void Load_MixedPrefix_IsRefused()
    {
        var source = Fixtures.Find("checkpoints/tiny-gpt2");
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(_folder, "config.json"));
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), [.. file.Entries.Select((entry, i) =>
            SafetensorsTensor.FromFloats((i % 2 == 0 ? "transformer." : "") + entry.Name, "F32", entry.Shape, file.ReadFloats(entry)))]);
        Assert.Contains("tensors are missing", Load().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_IntegerWeights_AreRefused()
    {
        var source = Fixtures.Find("checkpoints/tiny-gpt2");
        File.Copy(Path.Combine(source, "config.json"), Path.Combine(_folder, "config.json"));
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        SafetensorsWriter.Write(Path.Combine(_folder, "model.safetensors"), [.. file.Entries.Select(entry => new SafetensorsTensor(
            entry.Name, "I32", entry.Shape, stream => stream.Write(new byte[entry.SizeBytes])))]);
        Assert.Contains(
            "expected F64, F32, F16 or BF16 values, got I32", Load().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NotStrict_IgnoresWhatIsLeftOver()
    {
        Copy("tiny-gpt2");
        var json = ModelFolder.ReadConfigJson(_folder);
        json["n_layer"] = 1;
        File.WriteAllText(Path.Combine(_folder, "config.json"), json.ToJsonString());
        var warnings = new List<string>();
        using var model = ModelFolder.Load(_device, _folder, new ModelLoadOptions { Strict = false, Warn = warnings.Add });
        Assert.Equal(1, model.Config.Layers);
        Assert.EndsWith("They are ignored.", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Save_FieldTheFamilyLacks_IsRefusedByName()
    {
        using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/tiny-llama-mha"));
        using var other = new Decoder(_device, model.Config with { Family = "gpt2" });
        var error = Assert.Throws<CheckpointException>(() => ModelFolder.Save(other, Path.Combine(_folder, "x")));
        Assert.Contains(
            "Export as gpt2: Position = Rotary cannot be expressed", error.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => ModelFolder.Save(model, Path.Combine(_folder, "x"), "F8"));
        Assert.False(Directory.Exists(Path.Combine(_folder, "x")));
    }

    private void Copy(string fixture)
    {
        foreach (var file in Directory.GetFiles(Fixtures.Find("checkpoints/" + fixture)))
        {
            File.WriteAllBytes(Path.Combine(_folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        }
    }

    private CheckpointException Load() =>
        Assert.ThrowsAny<CheckpointException>(() => ModelFolder.Load(_device, _folder).Dispose());
}
