using System.Globalization;
using System.Text;
using System.Text.Json;
using Inheritune.Engine.Files;

namespace Inheritune.Analysis;

/// <summary>Writes an analysis as JSON (everything) and as CSV (a line per layer and head).</summary>
internal static class LazyLayersFile
{
    /// <summary>Version of the JSON layout.</summary>
    public const int Version = 1;

    /// <summary>Writes the JSON file.</summary>
    public static void WriteJson(string path, LazyLayersResult result) => AtomicFile.WriteAllText(path, ToJson(result));

    /// <summary>Writes the CSV file.</summary>
    public static void WriteCsv(string path, LazyLayersResult result) => AtomicFile.WriteAllText(path, ToCsv(result));

    /// <summary>The result as JSON, indented.</summary>
    public static string ToJson(LazyLayersResult result)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            Write(writer, result);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    /// <summary>Writes the result as one JSON object.</summary>
    public static void Write(Utf8JsonWriter writer, LazyLayersResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("format", "inheritune lazy layers");
        writer.WriteNumber("version", Version);
        writer.WriteString("model", result.Model);
        writer.WriteNumber("layers", result.Layers);
        writer.WriteNumber("heads", result.Heads);
        writer.WriteNumber("kv_heads", result.KvHeads);
        writer.WriteNumber("sequence_length", result.SequenceLength);
        writer.WriteNumber("sequences", result.Sequences);
        writer.WriteBoolean("causal", result.Options.Causal);
        writer.WriteNumber("verdict_level", result.Options.VerdictLevel);
        writer.WriteNumber("tolerance", result.Options.Tolerance);
        writer.WriteString("verdict", result.Sentence);
        WriteRow(writer, "lazy_layers", result.LazyLayers);
        writer.WriteNumber("avg_rank", result.AvgRank);
        writer.WriteNumber("avg_rank_last_half", result.AvgRankOfLastHalf);
        writer.WriteBoolean("last_half_lazy", result.IsLastHalfLazy);
        writer.WriteStartArray("levels");
        foreach (var level in result.Levels)
        {
            WriteLevel(writer, level);
        }

        writer.WriteEndArray();
        WriteTable(writer, "sink_share", result.SinkShare);
        WriteTable(writer, "sink_mass", result.SinkMass);
        WriteTable(writer, "entropy", result.Entropy);
        if (result.Gradients is { } gradients)
        {
            writer.WriteStartObject("gradients");
            writer.WritePropertyName("loss");
            WriteNumber(writer, gradients.Loss);
            WriteTable(writer, "w_q", gradients.Query);
            WriteTable(writer, "w_k", gradients.Key);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// The result as CSV: layer and head from 0, ranks and masses by level; W_k of the head's key/value head.
    /// </summary>
    public static string ToCsv(LazyLayersResult result)
    {
        var text = new StringBuilder("layer,head");
        foreach (var level in result.Levels)
        {
            text.Append(CultureInfo.InvariantCulture, $",rank_{level.Level},mass_{level.Level},natural_mass_{level.Level}");
        }

        text.Append(",sink_share,sink_mass,entropy,gradient_w_q,gradient_w_k\n");
        for (var layer = 0; layer < result.Layers; layer++)
        {
            for (var head = 0; head < result.Heads; head++)
            {
                AppendHead(text, result, layer, head);
            }
        }

        return text.ToString();
    }

    private static void AppendHead(StringBuilder text, LazyLayersResult result, int layer, int head)
    {
        text.Append(CultureInfo.InvariantCulture, $"{layer},{head}");
        foreach (var level in result.Levels)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $",{level.Rank[layer][head]},{level.Mass[layer][head]},{level.NaturalMass[layer][head]}");
        }

        text.Append(
            CultureInfo.InvariantCulture,
            $",{result.SinkShare[layer][head]},{result.SinkMass[layer][head]},{result.Entropy[layer][head]}");
        var kvHead = head / (result.Heads / result.KvHeads);
        text.Append(
            CultureInfo.InvariantCulture, $",{result.Gradients?.Query[layer][head]},{result.Gradients?.Key[layer][kvHead]}\n");
    }

    private static void WriteLevel(Utf8JsonWriter writer, LevelResult level)
    {
        writer.WriteStartObject();
        writer.WriteNumber("level", level.Level);
        WriteRow(writer, "max_rank", level.MaxRank);
        WriteRow(writer, "avg_mass", level.AvgMass);
        WriteRow(writer, "avg_natural_mass", level.AvgNaturalMass);
        WriteTable(writer, "rank", level.Rank);
        WriteTable(writer, "mass", level.Mass);
        WriteTable(writer, "natural_mass", level.NaturalMass);
        if (level is { BatchMeanRank: { } rank, BatchMeanMaxRank: { } maximum })
        {
            WriteRow(writer, "batch_mean_max_rank", maximum);
            WriteTable(writer, "batch_mean_rank", rank);
        }

        writer.WriteEndObject();
    }

    private static void WriteTable(Utf8JsonWriter writer, string name, double[][] rows)
    {
        writer.WriteStartArray(name);
        foreach (var row in rows)
        {
            WriteValues(writer, row);
        }

        writer.WriteEndArray();
    }

    private static void WriteRow(Utf8JsonWriter writer, string name, double[] values)
    {
        writer.WritePropertyName(name);
        WriteValues(writer, values);
    }

    private static void WriteRow(Utf8JsonWriter writer, string name, int[] values) =>
        WriteRow(writer, name, Array.ConvertAll(values, v => (double)v));

    private static void WriteValues(Utf8JsonWriter writer, double[] values)
    {
        writer.WriteStartArray();
        foreach (var value in values)
        {
            WriteNumber(writer, value);
        }

        writer.WriteEndArray();
    }

    /// <summary>JSON has no infinities: a gradient that overflowed becomes null.</summary>
    private static void WriteNumber(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumberValue(value);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
