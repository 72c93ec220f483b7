using System.Security.Cryptography;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Checkpoints.LlmC;
using Inheritune.Engine.Model;
using Inheritune.Engine.Tests.Checkpoints.PyTorch;
using Inheritune.Kernels;
using Inheritune.Tests.Support;

namespace Inheritune.Engine.Tests.Checkpoints.LlmC;

/// <summary>Every way in and out of the engine keeps every bit.</summary>
public sealed class ModelConverterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("convert-").FullName;

    public static TheoryData<string> Folders() =>
        new(Fixtures.FoldersWith("checkpoints", "config.json").Where(IsKnown));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_ConvertedInItsOwnType_KeepsEveryBit(string folder)
    {
        var first = Convert(folder, "1", null);
        var second = Convert(Out("1"), "2", null);
        Assert.Equal(first.Parameters, second.Parameters);
        Assert.Equal(first.ComparedElements, second.ComparedElements);
        Assert.Equal(Values(folder), Values(Out("1")));
        foreach (var file in first.Files)
        {
            Assert.Equal(Hash(Path.Combine(Out("1"), file)), Hash(Path.Combine(Out("2"), file)));
        }

        Assert.Contains("generation_config.json", first.Files);
        var shards = Convert(folder, "3", null, shardBytes: 3000);
        Assert.Contains("model.safetensors.index.json", shards.Files);
        Assert.Equal(Values(folder), Values(Out("3")));
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_AsPyTorchFile_LoadsTheSame(string folder)
    {
        using var files = WeightFiles.Open(folder, null);
        var zip = new TorchZip();
        var transposed = false;
        foreach (var (name, (file, entry)) in files.Tensors.Where(t => SafetensorsTypes.IsFloat(t.Value.Entry.DType)))
        {
            zip.Add(name, file.ReadFloats(entry), [.. entry.Shape], entry.Shape.Count == 2 && (transposed = !transposed));
        }

        Directory.CreateDirectory(Out("torch"));
        File.WriteAllBytes(Path.Combine(Out("torch"), "pytorch_model.bin"), zip.Finish());
        File.Copy(Path.Combine(folder, "config.json"), Path.Combine(Out("torch"), "config.json"));
        Assert.Equal(Values(folder), Values(Out("torch")));
        using var device = Devices.Open("cpu", 1);
        using ModelFolderPair pair = new(ModelFolder.Load(device, folder), ModelFolder.Load(device, Out("torch")));
        foreach (var parameter in pair.Left.Table)
        {
            float[] left = new float[parameter.Shape.Count], right = new float[parameter.Shape.Count];
            pair.Left.Weights[parameter].ReadToHost<float>(left);
            pair.Right.Weights[parameter].ReadToHost<float>(right);
            Assert.Equal(left, right);
        }
    }

    [Theory]
    [InlineData("llmc-v3.bin", "F32")]
    [InlineData("llmc-v5-bf16.bin", "BF16")]
    public void LlmcGolden_ReadAndWritten_EqualsTheFolderAndItself(string name, string dtype)
    {
        foreach (var folder in Fixtures.FindAll("checkpoints/tiny-gpt2"))
        {
            var golden = Path.Combine(folder, name);
            Assert.Equal(Values(folder), Values(golden));
            Convert(golden, "hf", dtype);
            Assert.Equal(Values(folder), Values(Out("hf")));
            var back = Convert(Out("hf"), "back.bin", dtype, ModelLayout.LlmC);
            Assert.Equal(Hash(golden), Hash(Out("back.bin")));
            Assert.Equal("safetensors", back.SourceFormat);
            Convert(folder, "direct.bin", dtype, ModelLayout.LlmC);
            Assert.Equal(Hash(golden), Hash(Out("direct.bin")));
        }
    }

    [Fact]
    public void Llmc_AnotherArchitecture_IsRefusedByItsField()
    {
        var variant = Fixtures.Find("checkpoints/tiny-gpt2-variant");
        var fault = Assert.Throws<CheckpointException>(() => Convert(variant, "x.bin", "F32", ModelLayout.LlmC));
        Assert.Contains("feed-forward width", fault.Message, StringComparison.Ordinal);
        var llama = Fixtures.Find("checkpoints/tiny-llama-mha");
        fault = Assert.Throws<CheckpointException>(() => Convert(llama, "x.bin", "F32", ModelLayout.LlmC));
        Assert.Contains("family", fault.Message, StringComparison.Ordinal);
        var half = Assert.Throws<CheckpointException>(
            () => Convert(Fixtures.Find("checkpoints/tiny-gpt2"), "x.bin", "F16", ModelLayout.LlmC));
        Assert.Contains("F32 or BF16", half.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void Llmc_RandomDamage_IsRefusedOrRead()
    {
        var seed = Environment.TickCount;
        var good = File.ReadAllBytes(Fixtures.Find("checkpoints/tiny-gpt2/llmc-v5-bf16.bin"));
        foreach (var random in (Random[])[new Random(3), new Random(seed)])
        {
            for (var round = 0; round < 300; round++)
            {
                var bytes = round % 4 == 0 ? good[..random.Next(good.Length)] : good.ToArray();
                if (round % 4 != 0)
                {
                    bytes[random.Next(40)] ^= (byte)(1 << random.Next(8));
                }

                File.WriteAllBytes(Out("damaged.bin"), bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    using var file = LlmcModelFile.Open(Out("damaged.bin"));
                }
                catch (CheckpointException)
                {
                    // Refused.
                }
                catch (Exception exception)
                {
                    Assert.Fail($"seed {seed}, round {round}: {exception}");
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
            }
        }
    }

    private ConvertResult Convert(
        string source, string name, string? dtype, ModelLayout layout = ModelLayout.Transformers,
        long shardBytes = 5_000_000_000) => ModelConverter.Convert(new ConvertOptions
        {
            Source = source,
            Output = Out(name),
            DType = dtype,
            Layout = layout,
            ShardBytes = shardBytes,
        });

    private string Out(string name) => Path.Combine(_folder, name);

    private static string Hash(string path) => System.Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>All values in the orientation of the transformers library.</summary>
    private static Dictionary<string, float[]> Values(string path)
    {
        using var source = ModelSource.Open(path, new ModelLoadOptions());
        var stream = new ModelStream(source);
        return CanonicalTensors.For(source.Config).ToDictionary(tensor => tensor.Name, tensor =>
        {
            var values = new float[tensor.Shape.Count];
            stream.Values(tensor)(0, values);
            return values;
        });
    }

    private static bool IsKnown(string folder)
    {
        try
        {
            return ModelFolder.ReadConfig(folder) is not null;
        }
        catch (UnknownModelTypeException)
        {
            return false;
        }
    }

    private sealed record ModelFolderPair(Decoder Left, Decoder Right) : IDisposable
    {
        public void Dispose()
        {
            Left.Dispose();
            Right.Dispose();
        }
    }
}
