using Inheritune.Cli;
using Spectre.Console;

namespace Inheritune.Terminal;

/// <summary>A table: with borders on a terminal, tab-separated when piped.</summary>
internal static class TableView
{
    /// <summary>Writes a table.</summary>
    public static void Show(
        Session session, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        if (!session.IsTerminal)
        {
            session.Out.WriteLine(string.Join('\t', header));
            foreach (var row in rows)
            {
                session.Out.WriteLine(string.Join('\t', row));
            }

            return;
        }

        var table = new Table().Border(TableBorder.Rounded);
        foreach (var name in header)
        {
            table.AddColumn(new TableColumn(Markup.Escape(name)) { NoWrap = true });
        }

        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        AnsiConsole.Write(table);
    }
}
