using System.Globalization;
using System.Text.Json;
using Inheritune.Engine.Checkpoints;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>
/// Every file of safetensors-cases.json is accepted with its values or refused by the check it breaks.
/// </summary>
public sealed class SafetensorsCasesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("safetensors-").FullName;

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var file in Fixtures.FindAll("checkpoints/safetensors-cases.json"))
            {
                using var json = JsonDocument.Parse(File.ReadAllText(file));
                foreach (var item in json.RootElement.GetProperty("cases").EnumerateArray())
                {
                    data.Add(file, item.GetProperty("name").GetString()!);
                }
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Safetensors_Case_IsAcceptedOrRefusedAsStated(string file, string name)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var item = json.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, item.GetProperty("file_base64").GetBytesFromBase64());
        if (!item.GetProperty("valid").GetBoolean())
        {
            var error = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
            Assert.Equal(ExpectedCheck(item.GetProperty("why").GetString()!), error.Check);
            return;
        }

        using var opened = SafetensorsFile.Open(path);
        var expected = item.GetProperty("tensors").EnumerateObject().ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), opened.Entries.Select(e => e.Name).Order(StringComparer.Ordinal));
        foreach (var (key, tensor) in expected)
        {
            Assert.True(opened.TryGet(key, out var entry));
            Assert.Equal(tensor.GetProperty("dtype").GetString(), entry.DType);
            Assert.Equal(tensor.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), entry.Shape);
            RequireValues(opened, entry, tensor);
        }

        if (item.TryGetProperty("metadata", out var metadata))
        {
            Assert.Equal(metadata.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!), opened.Metadata);
        }
    }

    private static void RequireValues(SafetensorsFile file, SafetensorsEntry entry, JsonElement tensor)
    {
        if (tensor.TryGetProperty("bits_hex", out var bits))
        {
            Assert.Equal(
                bits.EnumerateArray().Select(b => uint.Parse(b.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)),
                file.ReadFloats(entry).Select(BitConverter.SingleToUInt32Bits));
            return;
        }

        var values = tensor.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        if (SafetensorsTypes.IsFloat(entry.DType))
        {
            Assert.Equal(values, file.ReadFloats(entry).Select(v => (double)v));
            return;
        }

        var bytes = new byte[entry.SizeBytes];
        file.ReadBytes(entry, bytes);
        var read = entry.DType switch
        {
            "I64" => Enumerable.Range(0, bytes.Length / 8).Select(i => (double)BitConverter.ToInt64(bytes, 8 * i)),
            _ => bytes.Select(b => (double)b),
        };
        Assert.Equal(values, read);
        Assert.Throws<CheckpointException>(() => file.ReadFloats(entry));
    }

    private static SafetensorsCheck ExpectedCheck(string why) => why switch
    {
        "fewer than 8 bytes" => SafetensorsCheck.FileSize,
        "header does not fit in the file" or "header longer than 100000000 bytes" or "header length overflows"
            => SafetensorsCheck.HeaderLength,
        "an empty header is not JSON" or "header must begin with '{'" or "header is not UTF-8" or "header is not an object"
            => SafetensorsCheck.Encoding,
        "header is not JSON" or "text after the header object" or "only whitespace may follow the header object"
            => SafetensorsCheck.Json,
        "metadata values must be strings" or "metadata must be an object" => SafetensorsCheck.Metadata,
        _ when why.StartsWith("duplicate key", StringComparison.Ordinal) => SafetensorsCheck.DuplicateKey,
        "product of dimensions overflows 64 bits" or "byte size overflows 64 bits" or "end before begin"
            or "byte range does not equal shape times element size" => SafetensorsCheck.Size,
        _ when why.Contains("not a whole number of bytes", StringComparison.Ordinal) => SafetensorsCheck.Size,
        "data runs past the end of the file" or "file is longer than header and data" => SafetensorsCheck.Layout,
        _ when why.Contains("belong to no tensor", StringComparison.Ordinal) || why.StartsWith("two tensors share", StringComparison.Ordinal)
            => SafetensorsCheck.Layout,
        _ => SafetensorsCheck.Entry,
    };
}
