using System.IO.Compression;
using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Engine.Checkpoints.PyTorch;
using Inheritune.Tests.Support;

namespace Inheritune.Engine.Tests.Checkpoints.PyTorch;

public sealed class TorchFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("torch-zip.bin")]
    [InlineData("torch-legacy.bin")]
    public void Open_GoldenFile_GivesEveryTensor(string name)
    {
        foreach (var expected in Fixtures.FindAll("checkpoints/torch-bin-expected.json"))
        {
            using var file = TorchFile.Open(Path.Combine(Path.GetDirectoryName(expected)!, name));
            using var json = JsonDocument.Parse(File.ReadAllText(expected));
            var tensors = json.RootElement.GetProperty("tensors").EnumerateArray().ToList();
            Assert.Equal(tensors.Select(t => t.GetProperty("name").GetString()), file.Entries.Select(e => e.Name));
            foreach (var (golden, entry) in tensors.Zip(file.Entries))
            {
                Assert.Equal(golden.GetProperty("dtype").GetString(), entry.DType);
                Assert.Equal(golden.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64()), entry.Shape);
                var values = golden.GetProperty("values").EnumerateArray().Select(v => v.GetDouble());
                Assert.Equal(values, Values(file, entry));
            }

            var (table, head) = (file.Entries[0], file.Entries[1]);
            Assert.True(file.AreSame(table, head));
            Assert.False(file.AreSame(table, file.Entries[2]));
        }
    }

    [Fact]
    public void ReadFloats_AnyPieceOfAStridedView_EqualsThePartOfTheWhole()
    {
        var values = Enumerable.Range(0, 7 * 11).Select(i => (float)i).ToArray();
        File.WriteAllBytes(_path, new TorchZip().Add("w", values, [7, 11], transposed: true).Finish());
        using var file = TorchFile.Open(_path);
        var entry = Assert.Single(file.Entries);
        Assert.Equal(values, ((ITensorFile)file).ReadFloats(entry));
        for (var first = 0; first < values.Length; first += 5)
        {
            var piece = new float[Math.Min(13, values.Length - first)];
            file.ReadFloats(entry, first, piece);
            Assert.Equal(values.Skip(first).Take(piece.Length), piece);
        }

        Assert.Throws<CheckpointException>(() => file.ReadFloats(entry, 70, new float[8]));
    }

    [Fact]
    public void Open_WideZip_ReadsSizesAndPlacesFromTheWideFields()
    {
        File.WriteAllBytes(_path, WideZip.From(new TorchZip().Add("w", [1, 2, 3], [3]).Add("v", [4], [1]).Finish()));
        using var file = TorchFile.Open(_path);
        Assert.Equal([1, 2, 3], ((ITensorFile)file).ReadFloats(file.Entries[0]));
        Assert.Equal([4], ((ITensorFile)file).ReadFloats(file.Entries[1]));
    }

    [Fact]
    public void Index_OfPyTorchShards_GivesTheTensorsOfAll()
    {
        var folder = Directory.CreateTempSubdirectory("shards-").FullName;
        File.WriteAllBytes(Path.Combine(folder, "pytorch_model-00001-of-00002.bin"), new TorchZip().Add("a", [1, 2], [2]).Finish());
        File.WriteAllBytes(Path.Combine(folder, "pytorch_model-00002-of-00002.bin"), new TorchZip().Add("b", [3], [1]).Finish());
        var index = Path.Combine(folder, "pytorch_model.bin.index.json");
        File.WriteAllText(
            index,
            """
            {"metadata": {"total_size": 12}, "weight_map":
             {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}}
            """);
        using (var files = WeightFiles.Open(folder, text => Assert.Fail(text)))
        {
            Assert.Equal([1, 2], files.Tensors["a"].File.ReadFloats(files.Tensors["a"].Entry));
            Assert.Equal([3], files.Tensors["b"].File.ReadFloats(files.Tensors["b"].Entry));
        }

        File.Delete(Path.Combine(folder, "pytorch_model-00002-of-00002.bin"));
        var fault = Assert.Throws<CheckpointException>(() => WeightFiles.Open(folder, null));
        Assert.Contains("is missing", fault.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    public void Open_OtherNames_AreRefusedByName(string module, string name)
    {
        var pickle = new PickleBuilder().Global(module, name).Text("echo").Raw(0x85, 'R').Finish();
        Refuse(TorchZip.Zip(pickle, []), $"'{module} {name}'");
    }

    [Fact]
    public void Open_OperationOutsideTheList_IsRefused() =>
        Refuse(TorchZip.Zip(new PickleBuilder().Raw('I', '1', '\n').Finish(), []), "operation 0x49");

    [Fact]
    public void Open_PackedEntry_IsRefused() =>
        Refuse(
            TorchZip.Zip(new PickleBuilder().Raw('}').Finish(), [("data/0", new byte[10_000_000])], CompressionLevel.Optimal),
            "method 8");

    [Theory]
    [InlineData(7, new long[] { 2, 4 }, new long[] { 4, 1 }, "reaches element 7")]
    [InlineData(8, new long[] { 2, 4 }, new long[] { 5, 1 }, "reaches element 8")]
    [InlineData(8, new long[] { 1L << 40, 1L << 40 }, new long[] { 0, 0 }, "64-bit sizes")]
    [InlineData(8, new long[] { 2 }, new long[] { -1 }, "whole number from 0")]
    [InlineData(8, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "9 dimensions")]
    [InlineData(8, new long[] { 2, 2 }, new long[] { long.MaxValue, long.MaxValue }, "64-bit sizes")]
    public void Open_ViewOutsideItsStorage_IsRefused(long count, long[] shape, long[] stride, string text)
    {
        var zip = new TorchZip();
        var key = zip.Store(new byte[4 * count]);
        zip.Pickle.Text("w").Tensor("FloatStorage", key, count, 0, shape, stride);
        Refuse(zip.Finish(), text);
    }

    [Fact]
    public void Open_StorageOfAnotherSize_IsRefused()
    {
        var zip = new TorchZip();
        var key = zip.Store(new byte[31]);
        zip.Pickle.Text("w").Tensor("FloatStorage", key, 8, 0, [8], [1]);
        Refuse(zip.Finish(), "8 elements of F32");
        var huge = new TorchZip();
        huge.Pickle.Text("w").Tensor("FloatStorage", huge.Store(new byte[4]), 1L << 59, 0, [1], [1]);
        Refuse(huge.Finish(), "elements of F32");
    }

    [Fact]
    public void Open_DeepOrEndlessPickle_IsRefusedQuickly()
    {
        var nested = new PickleBuilder();
        for (var i = 0; i < 100_000; i++)
        {
            nested.Raw(']');
        }

        for (var i = 0; i < 99_999; i++)
        {
            nested.Raw('a');
        }

        Refuse(TorchZip.Zip(nested.Finish(), []), "dictionary of tensors");
        Refuse(TorchZip.Zip([0x80, 2, (byte)'X', 0xFF, 0xFF, 0xFF, 0x7F], []), "a text of 2147483647 bytes");
        Refuse(TorchZip.Zip([0x80, 2, 0x94, (byte)'.'], []), "not there");
        Refuse(TorchZip.Zip([.. Enumerable.Repeat((byte)'N', 3_000_000)], []), "operations");
    }

    [Fact]
    public void RequireStored_RepeatedElements_AreNotLoaded()
    {
        var zip = new TorchZip();
        var key = zip.Store(new byte[4]);
        zip.Pickle.Text("w").Tensor("FloatStorage", key, 1, 0, [1L << 40], [0]);
        File.WriteAllBytes(_path, zip.Finish());
        using var file = TorchFile.Open(_path);
        var fault = Assert.Throws<CheckpointException>(() => file.RequireStored(file.Entries[0]));
        Assert.Contains("contiguous", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("torch-zip.bin")]
    [InlineData("torch-legacy.bin")]
    public void Open_RandomDamage_IsRefusedOrRead(string name)
    {
        var seed = Environment.TickCount;
        var good = File.ReadAllBytes(Fixtures.Find("checkpoints/" + name));
        foreach (var random in (Random[])[new Random(11), new Random(seed)])
        {
            for (var round = 0; round < 400; round++)
            {
                var bytes = round % 3 == 0 ? good[..random.Next(good.Length)] : good.ToArray();
                for (var flips = round % 3 == 0 ? 0 : random.Next(1, 4); flips > 0; flips--)
                {
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                }

                File.WriteAllBytes(_path, bytes);
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    using var file = TorchFile.Open(_path);
                    foreach (var entry in file.Entries.Where(e => SafetensorsTypes.IsFloat(e.DType) && e.SizeBytes < 4096))
                    {
                        ((ITensorFile)file).ReadFloats(entry);
                    }
                }
                catch (CheckpointException)
                {
                    // Refused.
                }
                catch (Exception exception)
                {
                    Assert.Fail($"seed {seed}, round {round}: {exception}");
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
            }
        }
    }

    private void Refuse(byte[] bytes, string text)
    {
        File.WriteAllBytes(_path, bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fault = Assert.Throws<CheckpointException>(() => TorchFile.Open(_path).Dispose());
        Assert.Contains(text, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 << 20);
    }

    private static IEnumerable<double> Values(TorchFile file, SafetensorsEntry entry)
    {
        if (SafetensorsTypes.IsFloat(entry.DType))
        {
            return ((ITensorFile)file).ReadFloats(entry).Select(v => (double)v);
        }

        var bytes = new byte[entry.SizeBytes];
        file.ReadBytes(entry, bytes);
        return entry.DType == "I64"
            ? Enumerable.Range(0, bytes.Length / 8).Select(i => (double)BitConverter.ToInt64(bytes, 8 * i))
            : bytes.Select(b => (double)b);
    }
}
