using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tests.Checkpoints.PyTorch;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints.LlmC;

/// <summary>A model of any size loads in the memory of its weights and a few buffers: no file is kept.</summary>
public sealed class LoadMemoryTests : IDisposable
{
    private const long AllowedBytes = 10 << 20;

    private static readonly DecoderConfig Config = new()
    {
        Family = "llama",
        VocabSize = 8000,
        Hidden = 256,
        Layers = 8,
        Heads = 4,
        Ffn = 1024,
        MaxPositions = 128,
        Norm = NormKind.RmsNorm,
        NormBias = false,
        Position = PositionKind.Rotary,
        Activation = Activation.Silu,
        GatedMlp = true,
        BiasQkv = false,
        BiasOut = false,
        BiasMlp = false,
        Tied = false,
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("memory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("F32", 5_000_000_000)]
    [InlineData("BF16", 7_000_000)]
    public void Load_LargeFile_AllocatesBuffersOnly(string dtype, long shardBytes)
    {
        Write("model", dtype, shardBytes);
        Assert.InRange(Allocated(() => Load("model")), 0, AllowedBytes);
        Assert.InRange(Allocated(() => ModelConverter.Convert(new ConvertOptions
        {
            Source = In("model"),
            Output = In("converted"),
            DType = "F16",
            ShardBytes = 9_000_000,
        })), 0, AllowedBytes);
    }

    [Fact]
    public void Load_LargePyTorchFile_AllocatesBuffersOnly()
    {
        Write("model", "F32", 5_000_000_000);
        using (var files = WeightFiles.Open(In("model"), null))
        {
            var zip = new TorchZip();
            foreach (var (name, (file, entry)) in files.Tensors)
            {
                zip.Add(name, file.ReadFloats(entry), [.. entry.Shape]);
            }

            File.WriteAllBytes(Path.Combine(In("model"), "pytorch_model.bin"), zip.Finish());
        }

        File.Delete(Path.Combine(In("model"), WeightFiles.SingleName));
        Assert.InRange(Allocated(() => Load("model")), 0, AllowedBytes);
    }

    private void Write(string name, string dtype, long shardBytes)
    {
        var tensors = CanonicalTensors.For(Config).Select(tensor => SafetensorsTensor.FromFloats(
            tensor.Name, dtype, tensor.Shape.Rank == 1 ? [tensor.Shape[0]] : [tensor.Shape[0], tensor.Shape[1]],
            (first, values) => values.Fill(first % 7))).ToList();
        ModelFolder.SaveTensors(
            Config, In(name), () => tensors, new ModelSaveOptions { DType = dtype, ShardBytes = shardBytes });
        Assert.True(Directory.GetFiles(In(name)).Sum(file => new FileInfo(file).Length) > 2 * AllowedBytes);
    }

    private void Load(string name)
    {
        using var device = Devices.Open("cpu", 1);
        using var model = ModelFolder.Load(device, In(name));
        Assert.Equal(Config.Layers, model.Config.Layers);
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private string In(string name) => Path.Combine(_folder, name);
}
