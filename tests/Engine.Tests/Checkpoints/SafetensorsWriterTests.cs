using System.Text;
using Inheritune.Engine.Checkpoints;

namespace Inheritune.Engine.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("F32")]
    [InlineData("F64")]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Write_ValuesTheTypeHolds_ReadBackExactly(string dtype)
    {
        // Multiples of 1/64 below 4: every type holds them. Longer than one chunk of the writer.
        var values = new float[(1 << 18) + 37];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (i % 255 - 127) / 64f;
        }

        var path = Path.Combine(_folder, "a.safetensors");
        SafetensorsWriter.Write(path, [SafetensorsTensor.FromFloats("x", dtype, [values.Length], values)]);
        using var file = SafetensorsFile.Open(path);
        Assert.True(file.TryGet("x", out var entry));
        Assert.Equal(values, file.ReadFloats(entry));
        var part = new float[100];
        file.ReadFloats(entry, values.Length - 100, part);
        Assert.Equal(values[^100..], part);
        Assert.Throws<CheckpointException>(() => file.ReadFloats(entry, values.Length - 99, part));
    }

    [Fact]
    public void Write_AnyOrderTwice_GivesIdenticalAlignedBytes()
    {
        SafetensorsTensor[] tensors =
        [
            SafetensorsTensor.FromFloats("b", "BF16", [3], new float[3]),
            SafetensorsTensor.FromFloats("a", "BF16", [1], new float[1]),
            SafetensorsTensor.FromFloats("é\n\"", "F32", [2], new float[2]),
            new("mask", "BOOL", [3], stream => stream.Write([1, 0, 1])),
            new("step", "I64", [1], stream => stream.Write(new byte[8])),
        ];
        var metadata = new Dictionary<string, string> { ["z"] = "1", ["a"] = "2" };
        string first = Path.Combine(_folder, "1"), second = Path.Combine(_folder, "2");
        SafetensorsWriter.Write(first, tensors, metadata);
        SafetensorsWriter.Write(second, [.. tensors.Reverse()], metadata);
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

        using var file = SafetensorsFile.Open(first);
        Assert.Equal(["step", "é\n\"", "a", "b", "mask"], file.Entries.Select(entry => entry.Name));
        Assert.Equal("pt", file.Metadata["format"]);
        var bytes = File.ReadAllBytes(first);
        Assert.Equal(0, (8 + BitConverter.ToInt64(bytes)) % 8);
        Assert.StartsWith("{\"__metadata__\":{\"format\":\"pt\",\"a\":\"2\",\"z\":\"1\"},\"step\"", Encoding.UTF8.GetString(bytes[8..80]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Write_WrongByteCount_ThrowsAndLeavesNothing()
    {
        var path = Path.Combine(_folder, "short");
        Assert.Throws<CheckpointException>(
            () => SafetensorsWriter.Write(path, [new("x", "F32", [2], stream => stream.Write(new byte[7]))]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void Write_SameNameTwice_Throws()
    {
        var tensor = SafetensorsTensor.FromFloats("x", "F32", [1], new float[1]);
        var error = Assert.Throws<CheckpointException>(() => SafetensorsWriter.Write(Path.Combine(_folder, "d"), [tensor, tensor]));
        Assert.Contains("'x' is given twice", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BFloat16_Rounding_IsNearestEvenAndKeepsNan()
    {
        Assert.Equal(0x3F80, FloatFormats.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F808000)));
        Assert.Equal(0x3F82, FloatFormats.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F818000)));
        Assert.Equal(0x3F81, FloatFormats.ToBFloat16(BitConverter.UInt32BitsToSingle(0x3F808001)));
        Assert.Equal(0x7F80, FloatFormats.ToBFloat16(float.MaxValue));
        Assert.Equal(0x7FC0, FloatFormats.ToBFloat16(BitConverter.UInt32BitsToSingle(0x7F800001)));
        Assert.Equal(0xFF80, FloatFormats.ToBFloat16(float.NegativeInfinity));
    }
}
