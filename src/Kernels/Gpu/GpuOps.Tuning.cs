using System.Text;
using System.Text.Json;
using Inheritune.Kernels.Cuda;

namespace Inheritune.Kernels.Gpu;

internal sealed partial class GpuOps
{
    private readonly Dictionary<string, bool> _importedFused = new(StringComparer.Ordinal);

    /// <summary>The library's algorithms and where GELU is inside the product, as JSON; "" if nothing was chosen.</summary>
    internal string ExportTuning()
    {
        if (!_isLibraryOpen || _library is null)
        {
            return "";
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("fused");
            var fused = new SortedDictionary<string, bool>(_importedFused, StringComparer.Ordinal);
            foreach (var (problem, isFaster) in _isFusedFaster)
            {
                fused[problem.Text] = isFaster;
            }

            foreach (var (problem, isFaster) in fused)
            {
                writer.WriteBoolean(problem, isFaster);
            }

            writer.WriteEndObject();
            writer.WritePropertyName("library");
            writer.WriteRawValue(_library.ExportChoices());
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Takes what <see cref="ExportTuning"/> gave.</summary>
    /// <returns>False if it is of another GPU or library version, or no such text: then nothing was taken.</returns>
    internal bool TryImportTuning(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var fused = document.RootElement.GetProperty("fused").EnumerateObject()
                .ToDictionary(choice => choice.Name, choice => choice.Value.GetBoolean(), StringComparer.Ordinal);
            if (Library is null || !Library.TryImportChoices(document.RootElement.GetProperty("library").GetRawText()))
            {
                return false;
            }

            foreach (var (problem, isFaster) in fused)
            {
                _importedFused[problem] = isFaster;
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A choice that was imported, else the one that <paramref name="time"/> makes; kept either way.</summary>
    private bool ChooseFused(in LtProblem fused, Func<bool> time) =>
        _isFusedFaster[fused] = _importedFused.TryGetValue(fused.Text, out var known) ? known : time();
}
