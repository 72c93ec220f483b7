using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inheritune.Reports;

/// <summary>Reads and writes result.json.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunResult))]
internal sealed partial class ResultJson : JsonSerializerContext
{
    /// <summary>The file's text.</summary>
    public static string Write(RunResult result) => JsonSerializer.Serialize(result, Default.RunResult)
        + "\n";

    /// <summary>Reads a file's text; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="InvalidDataException">Not a result of this program.</exception>
    public static RunResult Read(string json, string source)
    {
        try
        {
            var result = JsonSerializer.Deserialize(json, Default.RunResult)
                ?? throw new InvalidDataException(
                    $"{source}: expected the numbers of a run, got null. Run again in a new folder.");
            return result.Format == 1
                ? result
                : throw new InvalidDataException(
                    $"{source}: format: expected 1, got {result.Format}. It was written by another version; "
                        + "run in a new folder.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException(
                $"{source}: line {e.LineNumber + 1}: not the numbers of a run. The file is damaged; run in "
                    + "a new folder.", e);
        }
    }
}
