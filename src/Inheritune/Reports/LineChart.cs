using System.Text;

namespace Inheritune.Reports;

/// <summary>
/// A chart of loss curves as inline SVG. Colours come from the page's style, so it follows light and dark.
/// </summary>
internal sealed class LineChart
{
    private const double Width = 760, Height = 380, Left = 52, Right = 150, Top = 16, Bottom = 44;
    private readonly List<(string Label, int Color, IReadOnlyList<CurvePoint> Points, bool IsThin)> _series =
        [];

    /// <summary>Adds a curve; thin ones have no label.</summary>
    public void Add(string label, int color, IReadOnlyList<CurvePoint> points, bool isThin = false)
    {
        if (points.Count > 0)
        {
            _series.Add((label, color, points, isThin));
        }
    }

    /// <summary>The drawing, or a line of text when there is nothing to draw.</summary>
    public string Render(string title, string xLabel, string yLabel)
    {
        var finite = _series.SelectMany(s => s.Points).Where(p => double.IsFinite(p.Loss)).ToList();
        if (finite.Count == 0)
        {
            return "<p class=\"muted\">No curves yet.</p>";
        }

        double xMax = Math.Max(1, finite.Max(p => p.Step));
        var (low, high, step) = Frame(finite);
        double X(double v) => Left + ((Width - Left - Right) * v / xMax);
        double Y(double v) => Top + ((Height - Top - Bottom) * (high - v) / (high - low));

        var svg = new StringBuilder();
        svg.Append($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" "
            + $"aria-label=\"{Format.Escape(title)}\">");
        svg.Append($"<title>{Format.Escape(title)}</title><defs><clipPath id=\"frame\"><rect x=\"{Left}\" "
            + $"y=\"{Top}\" ");
        svg.Append($"width=\"{Width - Left - Right}\" "
            + $"height=\"{Height - Top - Bottom}\"/></clipPath></defs>");
        for (double v = Math.Ceiling(low / step) * step; v <= high + 1e-9; v += step)
        {
            var y = Format.Coordinate(Y(v));
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y}\" y2=\"{y}\"/>");
            svg.Append($"<text x=\"{Left - 8}\" y=\"{Format.Coordinate(Y(v) + 4)}\" "
                + $"text-anchor=\"end\">{v:0.0#}</text>");
        }

        double xStep = NiceStep(xMax / 5);
        for (double v = 0; v <= xMax + 1e-9; v += xStep)
        {
            svg.Append($"<text x=\"{Format.Coordinate(X(v))}\" y=\"{Height - Bottom + 18}\" "
                + $"text-anchor=\"middle\">{Format.Count((long)v)}</text>");
        }

        svg.Append($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" "
            + $"text-anchor=\"middle\">{Format.Escape(xLabel)}</text>");
        svg.Append($"<text x=\"14\" y=\"{(Top + Height - Bottom) / 2}\" text-anchor=\"middle\" ");
        svg.Append($"transform=\"rotate(-90 14 "
            + $"{(Top + Height - Bottom) / 2})\">{Format.Escape(yLabel)}</text>");
        foreach (var (label, color, points, isThin) in _series.OrderByDescending(s => s.IsThin))
        {
            var path = string.Join(' ', points.Where(p => double.IsFinite(p.Loss))
                .Select(p => $"{Format.Coordinate(X(p.Step))},{Format.Coordinate(Y(p.Loss))}"));
            svg.Append($"<polyline class=\"line c{color}{(isThin ? " thin" : "")}\" "
                + $"clip-path=\"url(#frame)\" points=\"{path}\">");
            svg.Append($"<title>{Format.Escape(label)}</title></polyline>");
        }

        AppendLabels(svg, X, Y, low, high);
        return svg.Append("</svg>").ToString();
    }

    /// <summary>Names at the ends of the curves, moved apart where they would overlap.</summary>
    private void AppendLabels(
        StringBuilder svg, Func<double, double> x, Func<double, double> y, double low, double high)
    {
        double previous = double.NegativeInfinity;
        foreach (var (label, color, points, _) in _series.Where(s => !s.IsThin).OrderByDescending(
            s => s.Points[^1].Loss))
        {
            double at = y(Math.Clamp(points[^1].Loss, low, high));
            double place = Math.Max(at, previous + 16);
            previous = place;
            svg.Append($"<circle class=\"dot c{color}\" cx=\"{Format.Coordinate(x(points[^1].Step))}\" "
                + $"cy=\"{Format.Coordinate(at)}\" r=\"3.5\"/>");
            svg.Append($"<text class=\"t{color}\" x=\"{Width - Right + 12}\" "
                + $"y=\"{Format.Coordinate(place + 4)}\">");
            svg.Append($"{Format.Escape(label)} {Format.Loss(points[^1].Loss)}</text>");
        }
    }

    /// <summary>
    /// The part of the losses worth showing: from the lowest to the highest after the first tenth.
    /// </summary>
    private static (double Low, double High, double Step) Frame(List<CurvePoint> points)
    {
        double xMax = points.Max(p => p.Step);
        var settled = points.Where(p => p.Step >= 0.1 * xMax).Select(p => p.Loss).ToList();
        double low = points.Min(p => p.Loss);
        double high = Math.Max(settled.Count > 0 ? settled.Max() : low, low + 0.1);
        double step = NiceStep((high - low) / 6);
        return (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, step);
    }

    private static double NiceStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double lead = rough / power;
        return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
    }
}
