using System.Text;

namespace Inheritune.Reports;

/// <summary>One page about several runs: a table of their models and the curves of all.</summary>
internal static class ComparisonReport
{
    /// <summary>The whole page.</summary>
    public static string Render(IReadOnlyList<RunResult> results)
    {
        var page = new StringBuilder();
        RunReport.AppendHead(page, "Inheritune: comparison of runs");
        page.Append($"<p class=\"eyebrow\">Inheritune</p><h1>{results.Count} runs compared</h1>");
        AppendCurves(page, results);
        AppendTable(page, results);
        AppendSpread(page, results);
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void AppendCurves(StringBuilder page, IReadOnlyList<RunResult> results)
    {
        var chart = new LineChart();
        for (var i = 0; i < results.Count; i++)
        {
            var facts = new RunFacts(results[i]);
            chart.Add($"{results[i].Name}: child", i % 7, facts.Child?.Validation ?? []);
            chart.Add($"{results[i].Name}: reference", i % 7, facts.Reference?.Validation ?? [],
                isThin: true);
        }

        page.Append("<section><h2>Children (thick) and their references (thin)</h2><figure "
            + "class=\"chart\"><div class=\"scroll\">");
        page.Append(chart.Render(
            "Validation loss of children and references", "steps of the model itself",
            "validation loss, nats per token"));
        page.Append("</div></figure></section>");
    }

    private static void AppendTable(StringBuilder page, IReadOnlyList<RunResult> results)
    {
        page.Append("<section><h2>Models</h2>");
        var table = new HtmlTable(
            page, "run", "<model", "layers", "parameters", "steps", "total tokens", "total time",
            "validation loss");
        for (var i = 0; i < results.Count; i++)
        {
            var facts = new RunFacts(results[i]);
            foreach (var model in results[i].Models)
            {
                table.Row(
                    "",
                    HtmlTable.Key(i, results[i].Name),
                    Format.Escape(model.Name),
                    Format.Count(model.Layers),
                    Format.Count(model.Parameters),
                    Format.Count(model.Steps),
                    Format.Short(facts.TotalTokens(model)),
                    Format.Duration(facts.TotalSeconds(model)),
                    HtmlTable.Loss(RunFacts.Final(model)));
            }
        }

        table.End();
        page.Append("<p class=\"muted\">Totals of a child include its reference. Runs on different text or "
            + "with ")
            .Append("different vocabularies cannot be compared by their losses.</p></section>");
    }

    /// <summary>
    /// Mean and deviation over runs that have a model of the same name: several random starts.
    /// </summary>
    private static void AppendSpread(StringBuilder page, IReadOnlyList<RunResult> results)
    {
        var groups = results.SelectMany(r => r.Models)
            .Where(m => m.FinalLosses.Count > 0)
            .GroupBy(m => (m.Name, m.Layers))
            .Where(g => g.Count() > 1)
            .ToList();
        if (groups.Count == 0)
        {
            return;
        }

        page.Append("<section><h2>Over the runs</h2>");
        var table = new HtmlTable(page, "model", "layers", "runs", "mean loss", "standard deviation");
        foreach (var group in groups)
        {
            var losses = group.Select(m => m.FinalLosses.Average()).ToList();
            double mean = losses.Average();
            double deviation = Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / (losses.Count - 1));
            table.Row(
                "", Format.Escape(group.Key.Name), Format.Count(group.Key.Layers), Format.Count(losses.Count),
                Format.Loss(mean), Format.Loss(deviation));
        }

        table.End().Append("</section>");
    }
}
