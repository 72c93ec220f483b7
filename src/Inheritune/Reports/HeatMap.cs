using System.Text;

namespace Inheritune.Reports;

/// <summary>A layer × head table of numbers as inline SVG: the darker, the larger.</summary>
internal static class HeatMap
{
    private const double Cell = 46, RowHeight = 24, Left = 58, Top = 26;

    /// <summary>Draws values[layer][head]; the colour runs from 0 to <paramref name="largest"/>.</summary>
    public static string Render(string title, IReadOnlyList<IReadOnlyList<double>> values, double largest)
    {
        int heads = values.Count == 0 ? 0 : values.Max(r => r.Count);
        if (heads == 0)
        {
            return "<p class=\"muted\">No analysis.</p>";
        }

        // Many heads get narrow cells without numbers.
        double cell = heads > 16 ? Math.Max(8, 736.0 / heads) : Cell;
        double width = Left + (heads * cell) + 8;
        double height = Top + (values.Count * RowHeight) + 8;
        var svg = new StringBuilder();
        svg.Append($"<svg class=\"heat\" viewBox=\"0 0 {Format.Coordinate(width)} "
            + $"{Format.Coordinate(height)}\" ");
        svg.Append($"style=\"max-width:{Format.Coordinate(width * 1.15)}px\" role=\"img\" "
            + $"aria-label=\"{Format.Escape(title)}\">");
        svg.Append($"<title>{Format.Escape(title)}</title>");
        svg.Append($"<text x=\"{Left - 8}\" y=\"16\" text-anchor=\"end\">head</text>");
        for (var head = 0; head < heads && cell >= 20; head++)
        {
            svg.Append($"<text x=\"{Format.Coordinate(Left + ((head + 0.5) * cell))}\" y=\"16\" "
                + $"text-anchor=\"middle\">{head}</text>");
        }

        for (var layer = 0; layer < values.Count; layer++)
        {
            double y = Top + (layer * RowHeight);
            svg.Append($"<text x=\"{Left - 8}\" y=\"{Format.Coordinate(y + 16)}\" text-anchor=\"end\">layer "
                + $"{layer}</text>");
            for (var head = 0; head < values[layer].Count; head++)
            {
                double value = values[layer][head];
                double share = largest > 0 && double.IsFinite(value) ? Math.Clamp(value / largest, 0, 1) : 0;
                double x = Left + (head * cell);
                svg.Append($"<g><title>layer {layer}, head {head}: {value:0.00}</title>");
                svg.Append($"<rect class=\"cell\" x=\"{Format.Coordinate(x)}\" y=\"{Format.Coordinate(y)}\" "
                    + $"width=\"{Format.Coordinate(cell - 2)}\" ");
                svg.Append($"height=\"{RowHeight - 2}\" rx=\"2\" "
                    + $"fill-opacity=\"{Format.Coordinate(0.06 + (0.94 * share))}\"/>");
                if (cell >= 30)
                {
                    svg.Append($"<text class=\"{(share > 0.55 ? "on" : "off")}\" "
                        + $"x=\"{Format.Coordinate(x + (cell / 2) - 1)}\" ");
                    svg.Append($"y=\"{Format.Coordinate(y + 15.5)}\" "
                        + $"text-anchor=\"middle\">{value:0.0}</text>");
                }

                svg.Append("</g>");
            }
        }

        return svg.Append("</svg>").ToString();
    }
}
