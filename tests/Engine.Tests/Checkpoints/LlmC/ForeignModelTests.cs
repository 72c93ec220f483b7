using System.Runtime.InteropServices;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Checkpoints.LlmC;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tests.Checkpoints.PyTorch;
using Inheritune.Kernels;
using Inheritune.Tests.Support;

namespace Inheritune.Engine.Tests.Checkpoints.LlmC;

/// <summary>Models of nanoGPT and llm.c's Llama 3, written here in their layout from known weights.</summary>
public sealed class ForeignModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("foreign-").FullName;
    private readonly Device _device = Devices.Open("cpu", 1);

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "_orig_mod.")]
    public void NanoGpt_Checkpoint_HasTheWeightsOfGpt2WithExactGelu(bool hasBiases, string prefix)
    {
        using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/tiny-gpt2"));
        File.WriteAllBytes(Path.Combine(_folder, "ckpt.pt"), NanoGpt(model, hasBiases, prefix));
        using var loaded = ModelFolder.Load(_device, _folder);
        Assert.Equal(Activation.GeluErf, loaded.Config.Activation);
        Assert.Equal(model.Config with { Activation = Activation.GeluErf, HeadDim = 0 }, loaded.Config with { HeadDim = 0 });
        foreach (var parameter in model.Table)
        {
            var expected = Read(model, parameter);
            if (!hasBiases && parameter.Name.EndsWith(".bias", StringComparison.Ordinal))
            {
                Array.Clear(expected);
            }

            Assert.Equal(expected, Read(loaded, parameter));
        }

        Assert.True(ModelFolder.IsModel(_folder));
        Assert.True(ModelFolder.IsModel(Path.Combine(_folder, "ckpt.pt")));
        var output = Path.Combine(_folder, "hf");
        var result = ModelConverter.Convert(new ConvertOptions { Source = _folder, Output = output });
        Assert.Equal("nanoGPT", result.SourceFormat);
        using var again = ModelFolder.Load(_device, output);
        Assert.All(model.Table, parameter => Assert.Equal(Read(loaded, parameter), Read(again, parameter)));
        Assert.Equal("gelu", ModelFolder.ReadConfigJson(output)["activation_function"]!.GetValue<string>());
    }

    [Fact]
    public void NanoGpt_WithoutArguments_SaysWhatIsMissing()
    {
        File.WriteAllBytes(Path.Combine(_folder, "ckpt.pt"), new TorchZip().Add("w", [1], [1]).Finish());
        var fault = Assert.Throws<CheckpointException>(() => ModelFolder.Load(_device, _folder));
        Assert.Contains("model_args", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LlmcLlama_File_HasTheWeightsInHalfForm()
    {
        using var model = ModelFolder.Load(_device, Fixtures.Find("checkpoints/tiny-llama-gqa"));
        var path = Path.Combine(_folder, "llama.bin");
        File.WriteAllBytes(path, Llama(model));
        using var loaded = ModelFolder.Load(_device, path);
        Assert.Equal(model.Config.F, loaded.Config.F);
        Assert.Equal(model.Config.RotaryBase, loaded.Config.RotaryBase);
        Assert.All(model.Table, parameter => Assert.Equal(Read(model, parameter), Read(loaded, parameter)));
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^4]);
        var fault = Assert.Throws<CheckpointException>(() => ModelFolder.Load(_device, path));
        Assert.Contains("cut off or damaged", fault.Message, StringComparison.Ordinal);
    }

    private static byte[] NanoGpt(Decoder model, bool hasBiases, string prefix)
    {
        var zip = new TorchZip();
        var config = model.Config;
        zip.Pickle.Text("model").Raw('}', '(');
        foreach (var tensor in CanonicalTensors.For(config))
        {
            if (hasBiases || !tensor.Name.EndsWith(".bias", StringComparison.Ordinal))
            {
                var plain = tensor.IsTransposed
                    ? tensor with { Shape = new Shape(tensor.Shape[1], tensor.Shape[0]), IsTransposed = false }
                    : tensor;
                long[] shape = plain.Shape.Rank == 1 ? [plain.Shape[0]] : [plain.Shape[0], plain.Shape[1]];
                zip.Add(prefix + plain.Name, CanonicalTensors.ReadInFileOrientation(model.Weights, plain), shape);
            }
        }

        zip.Add(prefix + "lm_head.weight", Read(model, model.Table["wte"]), [config.VocabSize, config.Hidden]);
        zip.Pickle.Raw('u').Text("model_args").Dictionary(arguments =>
        {
            arguments.Text("n_layer").Number(config.Layers).Text("n_head").Number(config.Heads);
            arguments.Text("n_embd").Number(config.Hidden).Text("block_size").Number(config.MaxPositions);
            arguments.Text("bias").Raw(hasBiases ? 0x88 : 0x89).Text("vocab_size").Number(config.VocabSize);
            arguments.Text("dropout").Raw('G', 0, 0, 0, 0, 0, 0, 0, 0);
        });
        return zip.Finish();
    }

    private static byte[] Llama(Decoder model)
    {
        var config = model.Config;
        int[] start =
        [
            LlmcHeader.LlamaMagic, 3, config.MaxPositions, config.VocabSize, config.Layers, config.Heads, config.NKV,
            config.Hidden, 1, 4, 0, (int)config.RotaryBase, 0, 1, 3, 1,
        ];
        var header = new int[256];
        start.CopyTo(header, 0);
        var bytes = new List<byte>(MemoryMarshal.AsBytes(header.AsSpan()).ToArray());
        void Put(ReadOnlySpan<float> values) => bytes.AddRange(MemoryMarshal.AsBytes(values).ToArray());
        void Layers(string name, Func<float[], float[]> change)
        {
            for (var i = 0; i < config.Layers; i++)
            {
                Put(change(Read(model, model.Table[$"h.{i}.{name}"])));
            }
        }

        int c = config.Hidden, half = config.F * c;
        Put(Read(model, model.Table["wte"]));
        Layers("norm1.weight", values => values);
        Layers("qkv.weight", values => Interleaved(values, config));
        Layers("o.weight", values => values);
        Layers("norm2.weight", values => values);
        Layers("gate_up.weight", values => values[half..]);
        Layers("gate_up.weight", values => values[..half]);
        Layers("down.weight", values => values);
        Put(Read(model, model.Table["norm_f.weight"]));
        Put(Read(model, model.Table["head.weight"]));
        return [.. bytes];
    }

    /// <summary>Pairs (j, j + d/2) of q and k become neighbours.</summary>
    private static float[] Interleaved(float[] values, DecoderConfig config)
    {
        int c = config.Hidden, d = config.HS;
        var result = values.ToArray();
        for (var head = 0; head < config.Heads + config.NKV; head++)
        {
            for (var j = 0; j < d / 2; j++)
            {
                values.AsSpan((head * d + j) * c, c).CopyTo(result.AsSpan((head * d + 2 * j) * c));
                values.AsSpan((head * d + d / 2 + j) * c, c).CopyTo(result.AsSpan((head * d + 2 * j + 1) * c));
            }
        }

        return result;
    }

    private static float[] Read(Decoder model, Parameter parameter)
    {
        var values = new float[parameter.Shape.Count];
        model.Weights[parameter].ReadToHost<float>(values);
        return values;
    }
}
