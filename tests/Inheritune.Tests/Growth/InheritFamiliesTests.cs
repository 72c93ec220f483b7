using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Growth;
using Inheritune.Kernels;
using Inheritune.Tests.Cli;
using Inheritune.Tests.Runs;
using Inheritune.Tests.Support;

namespace Inheritune.Tests.Growth;

/// <summary>A child from any family's folder: what it keeps is the reference's, file by file and bit by bit.</summary>
public sealed class InheritFamiliesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Device _device = Devices.Open("cpu", 1);

    public static TheoryData<string> Folders =>
        new(Fixtures.FoldersWith("checkpoints", "expected.json").Concat(Fixtures.FoldersWith("checkpoints", "logits.json")));

    public void Dispose()
    {
        _device.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Inherit_FirstBlock_KeepsTheReferencesTensorsAndKeys(string folder)
    {
        var output = Inherit(folder, "1");
        using var reference = ModelFolder.Load(_device, folder);
        using var child = ModelFolder.Load(_device, output);
        Assert.Equal(1, child.Config.Layers);
        Assert.Equal(reference.Config.Family, child.Config.Family);
        Assert.Equal(ModelFolder.StoredDType(folder), ModelFolder.StoredDType(output));
        foreach (var parameter in child.Table)
        {
            Assert.Equal(reference.Weights[parameter.Name].ToArray(), child.Weights[parameter].ToArray());
        }

        var (theirs, ours) = (ModelFolder.ReadConfigJson(folder), ModelFolder.ReadConfigJson(output));
        Assert.Equal(theirs["eos_token_id"]?.ToJsonString(), ours["eos_token_id"]?.ToJsonString());
        Assert.True(File.Exists(Path.Combine(output, "generation_config.json")));
        Assert.Contains(1, Depths(ours));
        using var pass = new DecoderPass(child, 1, 3, training: true);
        using var gradients = new ParameterSet(_device, child.Table);
        pass.ForwardBackward([1, 2, 3], [2, 3, 4], gradients, accumulate: false, 1);
        Assert.True(float.IsFinite(pass.ReadLoss()));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Inherit_AllBlocks_IsTheReference(string folder)
    {
        using var reference = ModelFolder.Load(_device, folder);
        using var child = ModelFolder.Load(_device, Inherit(folder, $"{reference.Config.Layers}"));
        Assert.Equal(Logits(reference), Logits(child));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void ModelHash_OfFiles_IsThatOfTheLoadedModel(string folder)
    {
        using var files = ModelOnDisk.Open(folder);
        using var loaded = ModelFolder.Load(_device, folder);
        Assert.Equal(ModelHash.Of(loaded), ModelHash.Of(files));
    }

    private static IEnumerable<int?> Depths(System.Text.Json.Nodes.JsonObject config) =>
        ((string[])["n_layer", "num_hidden_layers", "n_layers"]).Select(key => (int?)config[key]);

    private string Inherit(string folder, string layers)
    {
        var output = Path.Combine(_folder.Path, "child");
        var (code, _, error) = CommandRunner.Run("inherit", "--from", folder, "--layers", layers, "--out", output);
        Assert.True(code == 0, error);
        return output;
    }

    private float[] Logits(Decoder model)
    {
        int[] tokens = [1, 5, 3, 3, 9, 12];
        using var pass = new DecoderPass(model, 1, tokens.Length, training: false);
        pass.Forward(tokens, 1, tokens.Length);
        var logits = _device.AllocateTensor(DType.F32, tokens.Length, model.Config.VocabSize);
        using var memory = logits.Memory;
        pass.Logits(logits, 0, tokens.Length);
        return logits.ToArray();
    }
}
