using System.Text;
using Inheritune.Engine.Checkpoints;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// Damaged files give a clear error or are read: never another exception, a hang or a big allocation.
/// </summary>
public sealed class SafetensorsFuzzTests : IDisposable
{
    private const long MaxAllocatedBytes = 8 << 20;

    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Open_RandomDamage_IsRefusedOrRead()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var good = Good();
        for (var round = 0; round < 900; round++)
        {
            var bytes = good.ToArray();
            switch (round % 3)
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 1:
                    for (var flips = random.Next(1, 4); flips > 0; flips--)
                    {
                        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    }

                    break;
                default:
                    // A digit, quote or bracket of the header becomes another one.
                    bytes[8 + random.Next(bytes.Length - 8)] = (byte)"0123456789{}[]\",:e-"[random.Next(19)];
                    break;
            }

            File.WriteAllBytes(_path, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var file = SafetensorsFile.Open(_path);
                foreach (var entry in file.Entries.Where(entry => SafetensorsTypes.IsFloat(entry.DType)))
                {
                    file.ReadFloats(entry);
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

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MaxAllocatedBytes,
                $"seed {seed}, round {round}: {allocated} bytes allocated");
        }
    }

    [Fact]
    public void Open_EveryTruncation_IsRefused()
    {
        var good = Good();
        for (var length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(_path, good[..length]);
            Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_path));
        }
    }

    [Theory]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", SafetensorsCheck.Limit)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[[[[1]]]],\"data_offsets\":[0,4]}}", SafetensorsCheck.Json)]
    [InlineData("{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", SafetensorsCheck.Json)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", SafetensorsCheck.Json)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", SafetensorsCheck.Entry)]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":1}", SafetensorsCheck.DuplicateKey)]
    [InlineData("{\"a\":1,\"__metadata__\":{\"n\":1}}", SafetensorsCheck.Metadata)]
    public void Open_OddHeader_FailsItsCheck(string header, SafetensorsCheck check)
    {
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        Assert.Equal(check, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_path)).Check);
    }

    [Fact]
    public void Open_LongName_IsRefused()
    {
        var header =
            $"{{\"{new string('n', 1025)}\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}}}";
        File.WriteAllBytes(_path, [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), 0, 0, 0, 0]);
        Assert.Equal(SafetensorsCheck.Limit, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(_path)).Check);
    }

    private byte[] Good()
    {
        SafetensorsWriter.Write(
            _path,
            [
                SafetensorsTensor.FromFloats("weight", "F32", [3, 5], new float[15]),
                SafetensorsTensor.FromFloats("bias", "BF16", [7], new float[7]),
                SafetensorsTensor.FromFloats("half", "F16", [], new float[1]),
                SafetensorsTensor.FromFloats("none", "F32", [0, 4], Array.Empty<float>()),
            ],
            new Dictionary<string, string> { ["step"] = "12" });
        return File.ReadAllBytes(_path);
    }
}
