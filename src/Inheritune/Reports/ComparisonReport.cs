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
            chart.Add($"{results[i].Name}: reference", i % 7, facts.Reference?.Validation ?? [], isThin: true);
        }

        page.Append("<section><h2>Children (thick) and their references (thin)</h2><figure class=\"chart\"><div class=\"scroll\">");
        page.Append(chart.Render("Validation loss of children and references", "steps of the model itself", "validation loss, nats per token"));
        page.Append("</div></figure></section>");
    }

    private static void AppendTable(StringBuilder page, IReadOnlyList<RunResult> results)
    {
        page.Append("<section><h2>Models</h2><div class=\"scroll\"><table><thead><tr><th>run</th><th class=\"l\">model</th><th>layers</th>");
        page.Append("<th>parameters</th><th>steps</th><th>total tokens</th><th>total time</th><th>validation loss</th></tr></thead><tbody>");
        for (var i = 0; i < results.Count; i++)
        {
            var facts = new RunFacts(results[i]);
            foreach (var model in results[i].Models)
            {
                var final = RunFacts.Final(model);
                page.Append($"<tr><td><span class=\"key k{i % 7}\"></span>{Format.Escape(results[i].Name)}</td><td class=\"l\">{Format.Escape(model.Name)}</td>");
                page.Append($"<td>{model.Layers}</td><td>{Format.Count(model.Parameters)}</td><td>{Format.Count(model.Steps)}</td>");
                page.Append($"<td>{Format.Short(facts.TotalTokens(model))}</td><td>{Format.Duration(facts.TotalSeconds(model))}</td>");
                page.Append($"<td>{(final is null ? "–" : $"{Format.Loss(final.Mean)} ± {Format.Loss(final.StandardError)}")}</td></tr>");
            }
        }

        page.Append("</tbody></table></div><p class=\"muted\">Totals of a child include its reference. Runs on different text or ");
        page.Append("with different vocabularies cannot be compared by their losses.</p></section>");
    }

    /// <summary>Mean and deviation over runs that have a model of the same name: several random starts.</summary>
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

        page.Append("<section><h2>Over the runs</h2><div class=\"scroll\"><table><thead><tr><th>model</th><th>layers</th><th>runs</th>");
        page.Append("<th>mean loss</th><th>standard deviation</th></tr></thead><tbody>");
        foreach (var group in groups)
        {
            var losses = group.Select(m => m.FinalLosses.Average()).ToList();
            double mean = losses.Average();
            double deviation = Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / (losses.Count - 1));
            page.Append($"<tr><td>{Format.Escape(group.Key.Name)}</td><td>{group.Key.Layers}</td><td>{losses.Count}</td>");
            page.Append($"<td>{Format.Loss(mean)}</td><td>{Format.Loss(deviation)}</td></tr>");
        }

        page.Append("</tbody></table></div></section>");
    }
}
