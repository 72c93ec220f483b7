using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Inheritune.Kernels.Cuda;

internal sealed unsafe partial class LtMatmul
{
    private readonly Dictionary<string, LtAlgorithm> _imported = [];

    /// <summary>
    /// The choices so far as JSON, to be stored with a run: a run that goes on with other algorithms has other bits.
    /// </summary>
    public string ExportChoices()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("gpu", _device.Properties.Name);
            writer.WriteString("cublasLt", Version);
            writer.WriteStartObject("algorithms");
            var choices = new SortedDictionary<string, LtAlgorithm>(_imported, StringComparer.Ordinal);
            foreach (var ((problem, alignment), plan) in _plans)
            {
                choices[Key(problem, alignment)] = plan.Algorithm;
            }

            foreach (var (key, algorithm) in choices)
            {
                writer.WriteString(key, ToHex(algorithm));
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Takes stored choices, for problems that were not met yet.</summary>
    /// <param name="json">What <see cref="ExportChoices"/> gave.</param>
    /// <returns>False if they are of another GPU or library version, or no such text: then nothing was taken.</returns>
    public bool TryImportChoices(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (root.GetProperty("gpu").GetString() != _device.Properties.Name
                || root.GetProperty("cublasLt").GetString() != Version)
            {
                return false;
            }

            var read = new Dictionary<string, LtAlgorithm>();
            foreach (var choice in root.GetProperty("algorithms").EnumerateObject())
            {
                read[choice.Name] = FromHex(choice.Value.GetString() ?? "");
            }

            foreach (var (key, algorithm) in read)
            {
                _imported[key] = algorithm;
            }

            return true;
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Version => $"{CublasLtNative.cublasLtGetVersion()}";

    internal static string ToHex(LtAlgorithm algorithm) =>
        Convert.ToHexStringLower(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref algorithm, 1)));

    internal static LtAlgorithm FromHex(string text)
    {
        var algorithm = default(LtAlgorithm);
        var bytes = Convert.FromHexString(text);
        var target = MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref algorithm, 1));
        if (bytes.Length != target.Length)
        {
            throw new FormatException($"expected {target.Length} bytes, got {bytes.Length}");
        }

        bytes.CopyTo(target);
        return algorithm;
    }

    private static string Key(in LtProblem problem, int alignment) => $"{problem.Text} {alignment}";
}
