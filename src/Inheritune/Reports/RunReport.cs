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
        page.Append($"<p class=\"eyebrow\">Inheritune run {Format.Escape(result.Name)} · "
            + $"{Format.Escape(result.Machine.Started)}</p>");
        page.Append($"<h1>{Format.Escape(facts.Headline)}</h1>");
        page.Append("<p class=\"muted\">The recipe of “Inheritune” (arXiv 2404.08634): train a reference, "
            + "keep its first blocks, train them again, add blocks until the small model matches.</p>");
        AppendTiles(page, facts);
        AppendRemarks(page, facts);
        AppendCurves(page, result);
        AppendTable(page, result, facts);
        AppendRounds(page, result);
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
                Tile(page, $"{100.0 * child.Parameters / whole.Parameters:0} %",
                    "of the reference's parameters");
            }

            Tile(page, Format.Duration(facts.TotalSeconds(child)), "training, reference included");
        }

        page.Append("</div>");
    }

    private static void Tile(StringBuilder page, string value, string meaning) =>
        page.Append($"<div class=\"tile\"><b>{Format.Escape(value)}</b>")
            .Append($"<span>{Format.Escape(meaning)}</span></div>");

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
        page.Append(chart.Render(
            "Validation loss against steps, every model", "steps of the model itself",
            "loss, nats per token"));
        page.Append("</div><figcaption>Thick: validation, the same fixed batches for every model. Thin: "
            + "training. ");
        page.Append("The first tenth may lie above the frame.</figcaption></figure></section>");
    }

    private static void AppendTable(StringBuilder page, RunResult result, RunFacts facts)
    {
        page.Append("<section><h2>Models</h2>");
        var table = new HtmlTable(
            page, "model", "layers", "parameters", "steps", "tokens", "time", "loss at start",
            "validation loss", "against reference", "total tokens", "total FLOP");
        var best = result.Models.Where(m => m.FinalLosses.Count > 0).MinBy(m => m.FinalLosses.Average());
        for (var i = 0; i < result.Models.Count; i++)
        {
            var model = result.Models[i];
            table.Row(
                model == best ? "best" : "",
                $"<span title=\"{Format.Escape(model.Origin)}\">{HtmlTable.Key(i, model.Name)}</span>",
                Format.Count(model.Layers),
                Format.Count(model.Parameters),
                Format.Count(model.Steps),
                Format.Short(model.Tokens),
                Format.Duration(model.Seconds),
                model.Validation.Count > 0 ? Format.Loss(model.Validation[0].Loss) : "–",
                HtmlTable.Loss(RunFacts.Final(model)),
                HtmlTable.Gap(model.Role == "reference" ? null : RunFacts.Compare(model, facts.Reference)),
                Format.Short(facts.TotalTokens(model)),
                Format.Short(facts.TotalFlops(model)));
        }

        table.End();
        page.Append("<p class=\"muted\">Validation loss ± standard error on batches that no decision used. ")
            .Append("“Against reference” is the paired difference on the same batches. Totals of a child "
                + "include ")
            .Append("the reference and all rounds before it; FLOP = 6 · parameters · tokens. ")
            .Append("Bold: the lowest loss.</p></section>");
    }

    private static void AppendRounds(StringBuilder page, RunResult result)
    {
        page.Append("<section><h2>Rounds</h2>");
        var table = new HtmlTable(page, "round", "blocks", "<first weights", "<decision");
        foreach (var round in result.Rounds)
        {
            var style = round.Verdict == "Matched" ? "good" : "bad";
            table.Row(
                "", Format.Count(round.Number), Format.Count(round.Layers), Format.Escape(round.Origin),
                $"<span class=\"{style}\">{Format.Escape(round.Text)}</span>");
        }

        table.End().Append("</section>");
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
