using System.Text;
using System.Text.Json;
using Inheritune.Engine.Checkpoints;
using Inheritune.Kernels;

namespace Inheritune.Engine.Tests.Checkpoints;

/// <summary>Damaged config.json and index files: a clear error or a model, nothing else.</summary>
public sealed class ModelFolderFuzzTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("folder-fuzz-").FullName;
    private readonly Device _device = Devices.Open("cpu", 1);

    public void Dispose()
    {
        _device.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("tiny-gpt2-variant", "config.json")]
    [InlineData("tiny-llama-rope-parameters", "config.json")]
    [InlineData("tiny-llama3-rope-tied", "config.json")]
    [InlineData("tiny-llama-gqa", "model.safetensors.index.json")]
    public void Load_RandomDamage_IsRefusedOrLoads(string fixture, string name)
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        foreach (var file in Directory.GetFiles(Fixtures.Find("checkpoints/" + fixture)))
        {
            File.WriteAllBytes(Path.Combine(_folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        var path = Path.Combine(_folder, name);
        var good = File.ReadAllBytes(path);
        for (var round = 0; round < 120; round++)
        {
            var bytes = good.ToArray();
            switch (round % 4)
            {
                case 0:
                    bytes = bytes[..random.Next(bytes.Length)];
                    break;
                case 1:
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    var text = Encoding.UTF8.GetString(bytes);
                    bytes = Encoding.UTF8.GetBytes(ReplaceOneValue(text, random));
                    break;
                default:
                    bytes[random.Next(bytes.Length)] = (byte)"0123456789{}[]\",:e-."[random.Next(20)];
                    break;
            }

            File.WriteAllBytes(path, bytes);
            try
            {
                ModelFolder.Load(_device, _folder).Dispose();
            }
            catch (CheckpointException)
            {
                // Refused.
            }
            catch (Exception exception)
            {
                Assert.Fail($"seed {seed}, round {round}: {exception}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }
    }

    [Theory]
    [InlineData("{\"model_type\": \"\\ud800\"}")]
    [InlineData("{\"\\ud800\": 1, \"model_type\": \"gpt2\"}")]
    [InlineData("{\"model_type\": \"gpt2\", \"activation_function\": \"\\udc00\"}")]
    public void ReadConfig_HalfASurrogatePair_IsRefused(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), text);
        try
        {
            ModelFolder.ReadConfig(_folder);
        }
        catch (CheckpointException exception)
        {
            Assert.Contains("config.json", exception.Message, StringComparison.Ordinal);
        }
    }

    private static string ReplaceOneValue(string text, Random random)
    {
        using var json = JsonDocument.Parse(text);
        var properties = json.RootElement.EnumerateObject().ToArray();
        var property = properties[random.Next(properties.Length)];
        string[] values =
        [
            "null", "-1", "0", "1", "2147483647", "2147483648", "1e308", "1e-320", "true", "\"\"", "[]", "{}", "[1, 2, 3]", "0.5",
            "\"\\ud800\"",
        ];
        return text.Replace(property.Value.GetRawText(), values[random.Next(values.Length)], StringComparison.Ordinal);
    }
}
