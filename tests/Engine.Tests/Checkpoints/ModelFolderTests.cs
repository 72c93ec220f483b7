using System.Text.Json;
using System.Text.Json.Nodes;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// Every model folder of the fixtures is read, written and read again without a changed bit.
/// </summary>
public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("model-").FullName;
    private readonly Device _device = Devices.Open("cpu", 1);

    public static TheoryData<string> Folders => new(ModelFolders());

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_LoadSaveLoad_KeepsEveryBit(string folder)
    {
        string first = Path.Combine(_folder, "1"), second = Path.Combine(_folder, "2");
        using var model = ModelFolder.Load(_device, folder);
        var options = new ModelSaveOptions { SourceConfig = ModelFolder.ReadConfigJson(folder), DType = StoredType(folder) };
        ModelFolder.Save(model, first, options);
        using var again = ModelFolder.Load(_device, first);
        Assert.Equal(Normal(model.Config), Normal(again.Config));
        Assert.Equal(Bits(model), Bits(again));
        ModelFolder.Save(again, second, options with { SourceConfig = ModelFolder.ReadConfigJson(first) });
        foreach (var file in Directory.GetFiles(first))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(second, Path.GetFileName(file))));
        }

        RequireKeysKept(folder, first);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_LoadedThenReadInFileOrientation_EqualsTheFile(string folder)
    {
        using var model = ModelFolder.Load(_device, folder);
        using var files = WeightFiles.Open(folder, null);
        foreach (var tensor in CanonicalTensors.For(model.Config))
        {
            var name = files.Tensors.Keys.Single(key => CanonicalTensors.TryFind(model.Config, key, out var found) && found == tensor);
            var (file, entry) = files.Tensors[name];
            Assert.Equal(file.ReadFloats(entry), CanonicalTensors.ReadInFileOrientation(model.Weights, tensor));
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_Loaded_FillsEveryParameterExactlyOnce(string folder)
    {
        using var model = ModelFolder.Load(_device, folder);
        Assert.Equal(model.Table.ElementCount, CanonicalTensors.For(model.Config).Sum(tensor => tensor.Shape.Count));
        foreach (var group in CanonicalTensors.For(model.Config).GroupBy(tensor => tensor.Parameter))
        {
            long next = 0;
            foreach (var tensor in group.OrderBy(tensor => tensor.FirstElement))
            {
                Assert.Equal(next, tensor.FirstElement);
                next += tensor.Shape.Count;
            }

            Assert.Equal(model.Table[group.Key].Shape.Count, next);
        }

        foreach (var (file, key) in ((string, string)[])[("expected.json", "parameter_count"), ("logits.json", "parameter_count")])
        {
            if (File.Exists(Path.Combine(folder, file)))
            {
                using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, file)));
                Assert.True(!json.RootElement.TryGetProperty(key, out var count) || count.GetInt64() == model.Table.ElementCount);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_SavedInShards_LoadsTheSame(string folder)
    {
        using var model = ModelFolder.Load(_device, folder);
        ModelFolder.Save(model, _folder);
        ModelFolder.Save(model, _folder, new ModelSaveOptions { ShardBytes = 4000 });
        Assert.False(File.Exists(Path.Combine(_folder, "model.safetensors")));
        var shards = Directory.GetFiles(_folder, "model-*.safetensors");
        Assert.True(shards.Length > 1);
        var warnings = new List<string>();
        using (var again = ModelFolder.Load(_device, _folder, new ModelLoadOptions { Warn = warnings.Add }))
        {
            Assert.Equal(Bits(model), Bits(again));
            Assert.Empty(warnings);
        }

        File.Delete(shards[^1]);
        var error = Assert.Throws<CheckpointException>(() => ModelFolder.Load(_device, _folder));
        Assert.Contains("is missing", error.Message, StringComparison.Ordinal);
        ModelFolder.Save(model, _folder);
        Assert.Equal(["config.json", "model.safetensors"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void ReadConfig_UnknownFamily_IsRefusedByName()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), """{"model_type": "mamba"}""");
        var error = Assert.Throws<UnknownModelTypeException>(() => ModelFolder.ReadConfig(_folder));
        Assert.Equal("mamba", error.ModelType);
        Assert.EndsWith(
            "unknown model type 'mamba': expected one of gpt2, llama, gpt_neox, opt, mpt, mosaic_gpt.", error.Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> ModelFolders() =>
        Fixtures.FoldersWith("checkpoints", "config.json").Concat(Fixtures.FoldersWith("training", "config.json"));

    private static string StoredType(string folder)
    {
        using var files = WeightFiles.Open(folder, null);
        return files.Tensors.Values.First().Entry.DType;
    }

    private static DecoderConfig Normal(DecoderConfig config) => config with
    {
        HeadDim = config.HS,
        Ffn = config.F,
        KvHeads = config.NKV,
        EmbedDim = config.E,
        ScaleDivisors = null,
    };

    private static int[] Bits(Decoder model) =>
        Array.ConvertAll(model.Weights.Flat.ToArray(), BitConverter.SingleToInt32Bits);

    private static void RequireKeysKept(string source, string saved)
    {
        string[] carriedElsewhere = ["dtype", "rope_parameters"];
        var after = ModelFolder.ReadConfigJson(saved);
        foreach (var (key, value) in ModelFolder.ReadConfigJson(source))
        {
            if (carriedElsewhere.Contains(key) || key is "head_dim" or "n_inner")
            {
                continue;
            }

            Assert.True(after.ContainsKey(key), key);
            Assert.True(JsonNode.DeepEquals(value, after[key]) || Same(value, after[key]), key);
        }

        Assert.Equal("pt", SafetensorsFile.Open(Path.Combine(saved, "model.safetensors")).Metadata["format"]);
    }

    private static bool Same(JsonNode? a, JsonNode? b) =>
        a is JsonValue x && b is JsonValue y && x.TryGetValue<double>(out var u) && y.TryGetValue<double>(out var v) && u == v;
}
