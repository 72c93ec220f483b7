using System.Text.Json;

namespace Inheritune.Engine.Checkpoints;

public static partial class ModelFolder
{
    /// <summary>
    /// Tokens that end a text: eos_token_id, one id or a list, of generation_config.json, else of config.json;
    /// none where neither file names one.
    /// </summary>
    /// <exception cref="CheckpointException">A file is damaged.</exception>
    public static IReadOnlyList<int> EndTokens(string folder)
    {
        foreach (var name in (string[])[ModelCompanions.Generation, ConfigName])
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                continue;
            }

            using var document = CheckpointJson.Read(path);
            if (document.RootElement.TryGetProperty("eos_token_id", out var value) && Ids(value) is { Length: > 0 } ids)
            {
                return ids;
            }
        }

        return [];
    }

    /// <summary>Element type of most weights of a model: "F32", "BF16" or "F16"; F64 counts as F32.</summary>
    /// <exception cref="CheckpointException">Its files are missing or damaged.</exception>
    public static string StoredDType(string path)
    {
        using var source = ModelSource.Open(path, new ModelLoadOptions { Strict = false });
        return source.StoredTypes[0];
    }

    private static int[] Ids(JsonElement value)
    {
        IEnumerable<JsonElement> values =
            value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value];
        return [.. values.Where(v => v.ValueKind == JsonValueKind.Number)
            .Select(v => v.TryGetInt32(out var id) ? id : -1).Where(id => id >= 0)];
    }
}
