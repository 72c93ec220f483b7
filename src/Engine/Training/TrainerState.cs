using System.Globalization;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Engine.Training;

/// <summary>trainer.json: everything of a trainer that is not a tensor.</summary>
internal sealed class TrainerState
{
    private const int Version = 1;

    public long Step { get; set; }

    public long Updates { get; set; }

    public long SkippedUpdates { get; set; }

    public long Tokens { get; set; }

    public string DataPosition { get; set; } = "";

    public double[] RecentLosses { get; set; } = [];

    /// <summary>Update counts that differ from <see cref="Updates"/>, by canonical name.</summary>
    public Dictionary<string, long> UpdateCounts { get; } = new(StringComparer.Ordinal);

    /// <summary>Options that decide the course of training: name and JSON value.</summary>
    public List<KeyValuePair<string, string>> Options { get; } = [];

    /// <summary>Sizes of the files beside it, to tell a complete checkpoint from a cut one.</summary>
    public Dictionary<string, long> FileSizes { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the state of a checkpoint folder and checks that its files are complete.</summary>
    /// <exception cref="TrainingException">It is missing or damaged, or a file has another size than when it
    /// was saved.</exception>
    public static TrainerState Read(string folder)
    {
        var path = Path.Combine(folder, TrainerFiles.State);
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var state = Parse(json.RootElement);
            foreach (var (name, size) in state.FileSizes)
            {
                var file = new FileInfo(Path.Combine(folder, name));
                if (!file.Exists || file.Length != size)
                {
                    throw new TrainingException(
                        $"{file.FullName}: size: expected {size} bytes, got "
                        + $"{(file.Exists ? file.Length : "no file")}. "
                        + "The checkpoint is not complete. Resume from an earlier one.");
                }
            }

            return state;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TrainingException(
                $"{path}: expected the state of a training run, got none. "
                + "A folder without it can be trained from, but not resumed.", e);
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or ArgumentException)
        {
            throw new TrainingException(
                $"{path}: not the state of a training run. {e.Message} Resume from an earlier one.", e);
        }
    }

    /// <summary>Notes the sizes of the files that a trainer cannot go on without.</summary>
    public void MeasureFiles(string folder)
    {
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            FileSizes[file.Name] = file.Length;
        }
    }

    /// <summary>Writes the state last: a folder that has it is complete.</summary>
    public void Write(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, TrainerFiles.State), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            WriteTo(json);
        });
    }

    private static TrainerState Parse(JsonElement root)
    {
        var version = root.GetProperty("version").GetInt32();
        if (version != Version)
        {
            throw new FormatException(
                $"version: expected {Version}, got {version}. It was written by another version of this "
                + "program.");
        }

        var state = new TrainerState
        {
            Step = root.GetProperty("step").GetInt64(),
            Updates = root.GetProperty("updates").GetInt64(),
            SkippedUpdates = root.GetProperty("skipped_updates").GetInt64(),
            Tokens = root.GetProperty("tokens").GetInt64(),
            DataPosition = root.GetProperty("data_position").GetString() ?? "",
            RecentLosses =
                [.. root.GetProperty("recent_losses").EnumerateArray().Select(loss => loss.GetDouble())],
        };
        if (state.Step < 0 || state.Updates < 0 || state.Tokens < 0)
        {
            throw new FormatException("step, updates, tokens: expected 0 or more.");
        }

        foreach (var count in root.GetProperty("update_counts").EnumerateObject())
        {
            state.UpdateCounts.Add(count.Name, count.Value.GetInt64());
        }

        foreach (var option in root.GetProperty("options").EnumerateObject())
        {
            state.Options.Add(new(option.Name, option.Value.GetRawText()));
        }

        foreach (var file in root.GetProperty("files").EnumerateObject())
        {
            state.FileSizes.Add(file.Name, file.Value.GetInt64());
        }

        return state;
    }

    private void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("step", Step);
        json.WriteNumber("updates", Updates);
        json.WriteNumber("skipped_updates", SkippedUpdates);
        json.WriteNumber("tokens", Tokens);
        json.WriteString("data_position", DataPosition);
        json.WriteStartObject("options");
        foreach (var (name, value) in Options)
        {
            json.WritePropertyName(name);
            json.WriteRawValue(value);
        }

        json.WriteEndObject();
        json.WriteStartObject("update_counts");
        foreach (var (name, count) in UpdateCounts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(name, count);
        }

        json.WriteEndObject();
        json.WritePropertyName("recent_losses");
        var losses = RecentLosses.Select(loss => loss.ToString("R", CultureInfo.InvariantCulture));
        json.WriteRawValue("[" + string.Join(",", losses) + "]");
        json.WriteStartObject("files");
        foreach (var (name, size) in FileSizes.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(name, size);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
