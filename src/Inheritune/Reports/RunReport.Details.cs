using System.Text;

namespace Inheritune.Reports;

internal static partial class RunReport
{
    /// <summary>A page about one analysis.</summary>
    public static string RenderAnalysis(AnalysisResult analysis)
    {
        var page = new StringBuilder();
        AppendHead(page, $"Inheritune: attention of {analysis.Model}");
        page.Append($"<p class=\"eyebrow\">Attention of "
            + $"{Format.Escape(analysis.Model)}</p><h1>{Format.Escape(analysis.Verdict)}</h1>");
        AppendAnalyses(page, new RunResult { Analyses = [analysis] });
        return page.Append("</main></body></html>\n").ToString();
    }

    private static void AppendAnalyses(StringBuilder page, RunResult result)
    {
        if (result.Analyses.Count == 0)
        {
            return;
        }

        double rank = Largest(result.Analyses.Select(a => a.Rank));
        double mass = Largest(result.Analyses.Select(a => a.Mass));
        page.Append("<section><h2>Attention by layer and head</h2>");
        page.Append("<p class=\"muted\">Rank: how many singular values carry most (90 % unless asked "
            + "otherwise) of a head's T × T ");
        page.Append("attention matrix. Mass: how many columns do. A layer whose largest rank is 1 is lazy: "
            + "it looks at one token. ");
        page.Append("One colour scale per measure for all models.</p>");
        foreach (var analysis in result.Analyses)
        {
            page.Append($"<h3>{Format.Escape(analysis.Model)}</h3><p "
                + $"class=\"muted\">{Format.Escape(analysis.Verdict)} ");
            page.Append($"({analysis.Sequences} sequences of {analysis.SequenceLength} tokens)</p><div "
                + $"class=\"pair\">");
            Figure(page, analysis.Rank, rank, $"rank, {analysis.Model}");
            Figure(page, analysis.Mass, mass, $"mass, {analysis.Model}");
            page.Append("</div>");
        }

        page.Append("</section>");
    }

    private static void Figure(StringBuilder page, List<List<double>> values, double largest, string title) =>
        page.Append("<figure><div class=\"scroll\">").Append(HeatMap.Render(title, values, largest))
            .Append($"</div><figcaption>{Format.Escape(title)}</figcaption></figure>");

    private static double Largest(IEnumerable<List<List<double>>> values) =>
        values.SelectMany(v => v).SelectMany(v => v).Where(double.IsFinite).DefaultIfEmpty().Max();

    private static void AppendSamples(StringBuilder page, RunResult result)
    {
        if (result.Samples.Count == 0)
        {
            return;
        }

        page.Append("<section><h2>Samples</h2>");
        foreach (var sample in result.Samples)
        {
            page.Append($"<h3>{Format.Escape(sample.Model)}</h3><blockquote><b>{Format.Escape(sample.Prompt)}</b>")
                .Append($"{Format.Escape(sample.Text)}</blockquote>");
        }

        page.Append("</section>");
    }

    private static void AppendRecipe(StringBuilder page, RunResult result)
    {
        var machine = result.Machine;
        page.Append("<section><h2>Data, machine, recipe</h2>");
        if (result.Data is { } data)
        {
            page.Append($"<p>Text: {Format.Escape(data.Source)}; {Format.Count(data.Documents)} documents, "
                + $"{Format.Short(data.TrainTokens)} ");
            page.Append($"training and {Format.Short(data.ValidationTokens)} validation tokens, vocabulary "
                + $"{Format.Count(data.VocabSize)}.</p>");
        }

        page.Append($"<p>Machine: {Format.Escape(machine.Device)}; {Format.Escape(machine.System)}; "
            + $"{machine.Cores} cores, ");
        page.Append($"{Format.Bytes(machine.MemoryBytes)}; .NET {Format.Escape(machine.Runtime)}; "
            + $"inheritune {Format.Escape(machine.Version)}.</p>");
        page.Append("<details><summary>Every option of this run (recipe.json)</summary><div "
            + "class=\"scroll\"><table><tbody>");
        foreach (var (name, value) in result.Recipe)
        {
            page.Append($"<tr><td>{Format.Escape(name)}</td><td class=\"l "
                + $"w\">{Format.Escape(value?.ToJsonString().Trim('"') ?? "")}</td></tr>");
        }

        page.Append("</tbody></table></div></details></section>");
    }
}
