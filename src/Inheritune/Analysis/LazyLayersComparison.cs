using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Inheritune.Analysis;

/// <summary>
/// Two analyses side by side, as of a reference and the smaller model grown from it: layer by layer as far as
/// both reach.
/// </summary>
internal sealed record LazyLayersComparison
{
    /// <summary>Compares analyses made at the same levels.</summary>
    public LazyLayersComparison(LazyLayersResult before, LazyLayersResult after)
    {
        (Before, After) = (before, after);
        Rows = [.. Enumerable.Range(0, Math.Max(before.Layers, after.Layers)).Select(layer => new ComparedLayer(
            layer, Facts(before, layer), Facts(after, layer)))];
    }

    /// <summary>The first analysis.</summary>
    public LazyLayersResult Before { get; }

    /// <summary>The second analysis.</summary>
    public LazyLayersResult After { get; }

    /// <summary>A row for each layer that one of the two has.</summary>
    public IReadOnlyList<ComparedLayer> Rows { get; }

    /// <summary>The finding in one sentence.</summary>
    public string Sentence => string.Create(
        CultureInfo.InvariantCulture,
        $"Lazy layers: {Before.LazyLayers.Length} of {Before.Layers} before, {After.LazyLayers.Length} of {After.Layers} after; "
        + $"average largest rank {Before.AvgRank:0.00} before, {After.AvgRank:0.00} after.");

    /// <summary>The comparison as CSV; a layer that one model lacks has empty fields.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder(
            "layer,max_rank_before,max_rank_after,avg_mass_before,avg_mass_after,sink_share_before,sink_share_after,"
            + "entropy_before,entropy_after\n");
        foreach (var (layer, before, after) in Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{layer},{before?.MaxRank},{after?.MaxRank},");
            text.Append(CultureInfo.InvariantCulture, $"{before?.AvgMass},{after?.AvgMass},");
            text.Append(CultureInfo.InvariantCulture, $"{before?.SinkShare},{after?.SinkShare},");
            text.Append(CultureInfo.InvariantCulture, $"{before?.Entropy},{after?.Entropy}\n");
        }

        return text.ToString();
    }

    /// <summary>Both analyses and the sentence as JSON, indented.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteString("comparison", Sentence);
            writer.WritePropertyName("before");
            LazyLayersFile.Write(writer, Before);
            writer.WritePropertyName("after");
            LazyLayersFile.Write(writer, After);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static LayerFacts? Facts(LazyLayersResult result, int layer) => layer >= result.Layers
        ? null
        : new LayerFacts(
            result.Verdict.MaxRank[layer], result.Verdict.AvgMass[layer], result.SinkShare[layer].Average(),
            result.Entropy[layer].Average());
}
