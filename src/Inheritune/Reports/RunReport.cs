using System.Text;

namespace Inheritune.Reports;

/// <summary>The report of one run: a self-contained HTML page without scripts.</summary>
internal static partial class RunReport
{
    /// <summary>The whole page.</summary>
    public static string Render(RunResult result)
    {
        var facts = new RunFacts(result);
        var page = new StringBuilder();
        AppendHead(page, $"Inheritune: {result.Name}");
        page.Append($"<p class=\"eyebrow\">Inheritune run {Format.Escape(result.Name)} · {Format.Escape(result.Machine.Started)}</p>");
        page.Append($"<h1>{Format.Escape(facts.Headline)}</h1>");
        page.Append("<p class=\"muted\">The recipe of “Inheritune” (arXiv 2404.08634): train a reference, keep its first blocks, ");
        page.Append("train them again, add blocks until the small model matches.</p>");
        AppendTiles(page, facts);
        AppendCurves(page, result);
        AppendTable(page, result, facts);
        AppendRounds(page, result);
        AppendRemarks(page, facts);
        AppendAnalyses(page, result);
        AppendSamples(page, result);
        AppendRecipe(page, result);
        return page.Append("</main></body></html>\n").ToString();
    }

    /// <summary>Everything before the first heading.</summary>
    internal static void AppendHead(StringBuilder page, string title) => page
        .Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .Append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        .Append($"<title>{Format.Escape(title)}</title><style>{PageStyle.Css}</style></head><body><main>");

    private static void AppendTiles(StringBuilder page, RunFacts facts)
    {
        page.Append("<div class=\"tiles\">");
        if (facts.Reference is { } reference)
        {
            Tile(page, LossOf(reference), $"reference, {reference.Layers} blocks, nats");
        }

        if (facts.Child is { } child)
        {
            Tile(page, LossOf(child), $"child, {child.Layers} blocks, nats");
            if (facts.Reference is { } whole)
            {
                Tile(page, $"{100.0 * child.Parameters / whole.Parameters:0} %", "of the reference's parameters");
            }

            Tile(page, Format.Duration(facts.TotalSeconds(child)), "training, reference included");
        }

        page.Append("</div>");
    }

    private static void Tile(StringBuilder page, string value, string meaning) =>
        page.Append($"<div class=\"tile\"><b>{Format.Escape(value)}</b><span>{Format.Escape(meaning)}</span></div>");

    private static string LossOf(ModelResult model) => RunFacts.Final(model) is { } final
        ? Format.Loss(final.Mean)
        : model.Validation.Count > 0 ? Format.Loss(model.Validation[^1].Loss) : "–";

    private static void AppendCurves(StringBuilder page, RunResult result)
    {
        var chart = new LineChart();
        for (var i = 0; i < result.Models.Count; i++)
        {
            chart.Add(result.Models[i].Name, i % 7, result.Models[i].Validation);
            chart.Add(result.Models[i].Name + ", training", i % 7, result.Models[i].Train, isThin: true);
        }

        page.Append("<section><h2>Loss of every model</h2><figure class=\"chart\"><div class=\"scroll\">");
        page.Append(chart.Render("Validation loss against steps, every model", "steps of the model itself", "loss, nats per token"));
        page.Append("</div><figcaption>Thick: validation, the same fixed batches for every model. Thin: training. ");
        page.Append("The first tenth may lie above the frame.</figcaption></figure></section>");
    }

    private static void AppendTable(StringBuilder page, RunResult result, RunFacts facts)
    {
        page.Append("<section><h2>Models</h2><div class=\"scroll\"><table><thead><tr><th>model</th><th>layers</th>");
        page.Append("<th>parameters</th><th>steps</th><th>tokens</th><th>time</th><th>loss at start</th>");
        page.Append("<th>validation loss</th><th>against reference</th><th>total tokens</th><th>total FLOP</th></tr></thead><tbody>");
        var best = result.Models.Where(m => m.FinalLosses.Count > 0).MinBy(m => m.FinalLosses.Average());
        for (var i = 0; i < result.Models.Count; i++)
        {
            var model = result.Models[i];
            var final = RunFacts.Final(model);
            var gap = model.Role == "reference" ? null : RunFacts.Compare(model, facts.Reference);
            page.Append(model == best ? "<tr class=\"best\">" : "<tr>");
            page.Append($"<td title=\"{Format.Escape(model.Origin)}\"><span class=\"key k{i % 7}\"></span>{Format.Escape(model.Name)}</td>");
            page.Append($"<td>{model.Layers}</td><td>{Format.Count(model.Parameters)}</td><td>{Format.Count(model.Steps)}</td>");
            page.Append($"<td>{Format.Short(model.Tokens)}</td><td>{Format.Duration(model.Seconds)}</td>");
            page.Append($"<td>{(model.Validation.Count > 0 ? Format.Loss(model.Validation[0].Loss) : "–")}</td>");
            page.Append($"<td>{(final is null ? "–" : $"{Format.Loss(final.Mean)} ± {Format.Loss(final.StandardError)}")}</td>");
            page.Append($"<td>{(gap is null ? "–" : $"{Format.Signed(gap.Mean)} ± {Format.Loss(gap.StandardError)}")}</td>");
            page.Append($"<td>{Format.Short(facts.TotalTokens(model))}</td><td>{Format.Short(facts.TotalFlops(model))}</td></tr>");
        }

        page.Append("</tbody></table></div><p class=\"muted\">Validation loss ± standard error on batches that no decision used. ");
        page.Append("“Against reference” is the paired difference on the same batches. Totals of a child include the reference and ");
        page.Append("all rounds before it; FLOP = 6 · parameters · tokens. Bold: the lowest loss.</p></section>");
    }

    private static void AppendRounds(StringBuilder page, RunResult result)
    {
        page.Append("<section><h2>Rounds</h2><div class=\"scroll\"><table><thead><tr><th>round</th><th>blocks</th>");
        page.Append("<th class=\"l\">first weights</th><th class=\"l\">decision</th></tr></thead><tbody>");
        foreach (var round in result.Rounds)
        {
            page.Append($"<tr><td>{round.Number}</td><td>{round.Layers}</td><td class=\"l w\">{Format.Escape(round.Origin)}</td>");
            page.Append($"<td class=\"l w {(round.Verdict == "Matched" ? "good" : "bad")}\">{Format.Escape(round.Text)}</td></tr>");
        }

        page.Append("</tbody></table></div></section>");
    }

    private static void AppendRemarks(StringBuilder page, RunFacts facts)
    {
        page.Append("<section><h2>Remarks</h2><ul>");
        foreach (var remark in facts.Remarks)
        {
            page.Append($"<li>{Format.Escape(remark)}</li>");
        }

        page.Append("</ul></section>");
    }
}
