using System.Text;

namespace Inheritune.Reports;

/// <summary>Writes a table: numbers to the right, the first column and words to the left.</summary>
internal sealed class HtmlTable
{
    private readonly StringBuilder _page;
    private readonly bool[] _isText;

    /// <summary>Opens a table; a column whose name begins with "&lt;" holds words.</summary>
    public HtmlTable(StringBuilder page, params ReadOnlySpan<string> columns)
    {
        _page = page;
        _isText = new bool[columns.Length];
        page.Append("<div class=\"scroll\"><table><thead><tr>");
        for (var i = 0; i < columns.Length; i++)
        {
            _isText[i] = columns[i].StartsWith('<');
            page.Append(_isText[i] ? "<th class=\"l\">" : "<th>")
                .Append(columns[i].TrimStart('<')).Append("</th>");
        }

        page.Append("</tr></thead><tbody>");
    }

    /// <summary>Adds a row of cells, which are HTML; <paramref name="style"/> is its class or "".</summary>
    public void Row(string style, params ReadOnlySpan<string> cells)
    {
        _page.Append(style.Length == 0 ? "<tr>" : $"<tr class=\"{style}\">");
        for (var i = 0; i < cells.Length; i++)
        {
            _page.Append(_isText[i] ? "<td class=\"l w\">" : "<td>").Append(cells[i]).Append("</td>");
        }

        _page.Append("</tr>");
    }

    /// <summary>Closes the table.</summary>
    public StringBuilder End() => _page.Append("</tbody></table></div>");

    /// <summary>A name with the colour of its curve.</summary>
    public static string Key(int color, string name) =>
        $"<span class=\"key k{color % 7}\"></span>{Format.Escape(name)}";

    /// <summary>A loss with its standard error.</summary>
    public static string Loss(Runs.PairedDifference? value) =>
        value is null ? "–" : $"{Format.Loss(value.Mean)} ± {Format.Loss(value.StandardError)}";

    /// <summary>A signed difference with its standard error.</summary>
    public static string Gap(Runs.PairedDifference? value) =>
        value is null ? "–" : $"{Format.Signed(value.Mean)} ± {Format.Loss(value.StandardError)}";
}
