using System.Text.Json;
using Inheritune.Reports;

namespace Inheritune.Runs;

/// <summary>The curves of a training, read from its log.jsonl.</summary>
internal sealed record TrainingCurves(
    List<CurvePoint> Train, List<CurvePoint> Validation, long Steps, long Tokens, double Seconds)
{
    private const int MostPoints = 200;

    /// <summary>
    /// Reads a log; training losses are averaged so that at most a few hundred points remain.
    /// </summary>
    public static TrainingCurves Read(string path)
    {
        var losses = new List<CurvePoint>();
        var validation = new List<CurvePoint>();
        long tokens = 0;
        double milliseconds = 0;
        foreach (var line in File.ReadLines(path))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            long step = root.GetProperty("step").GetInt64();
            if (root.TryGetProperty("validation_loss", out var value))
            {
                validation.Add(new CurvePoint(step, Number(value)));
                continue;
            }

            losses.Add(new CurvePoint(step + 1, Number(root.GetProperty("loss"))));
            tokens = root.GetProperty("tokens").GetInt64();
            milliseconds += root.GetProperty("ms").GetDouble();
        }

        return new TrainingCurves(Thin(losses), validation, losses.Count, tokens, milliseconds / 1000);
    }

    private static List<CurvePoint> Thin(List<CurvePoint> points)
    {
        int size = (points.Count + MostPoints - 1) / MostPoints;
        return size <= 1
            ? points
            : [.. points.Chunk(size).Select(c => new CurvePoint(c[^1].Step, c.Average(p => p.Loss)))];
    }

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
}
