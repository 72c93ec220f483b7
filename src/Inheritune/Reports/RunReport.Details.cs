using System.Text;

namespace Inheritune.Reports;

internal static partial class RunReport
{
    private static void AppendAnalyses(StringBuilder page, RunResult result)
    {
        if (result.Analyses.Count == 0)
        {
            return;
        }

        double rank = Largest(result.Analyses.Select(a => a.Rank));
        double mass = Largest(result.Analyses.Select(a => a.Mass));
        page.Append("<section><h2>Attention of the reference and the child</h2>");
        page.Append("<p class=\"muted\">Rank: how many singular values carry 90 % of a head's T × T attention matrix (or the share asked ");
        page.Append("for). Mass: how many columns do. A layer whose largest rank is 1 is lazy: it looks at one token. ");
        page.Append("One colour scale per measure for all models.</p>");
        foreach (var analysis in result.Analyses)
        {
            page.Append($"<h3>{Text.Escape(analysis.Model)}</h3><p class=\"muted\">{Text.Escape(analysis.Verdict)} ");
            page.Append($"({analysis.Sequences} sequences of {analysis.SequenceLength} tokens)</p><div class=\"pair\">");
            Figure(page, analysis.Rank, rank, $"rank, {analysis.Model}");
            Figure(page, analysis.Mass, mass, $"mass, {analysis.Model}");
            page.Append("</div>");
        }

        page.Append("</section>");
    }

    private static void Figure(StringBuilder page, List<List<double>> values, double largest, string title) =>
        page.Append("<figure><div class=\"scroll\">").Append(HeatMap.Render(title, values, largest))
            .Append($"</div><figcaption>{Text.Escape(title)}</figcaption></figure>");

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
            page.Append($"<h3>{Text.Escape(sample.Model)}</h3><blockquote><b>{Text.Escape(sample.Prompt)}</b>{Text.Escape(sample.Text)}</blockquote>");
        }

        page.Append("</section>");
    }

    private static void AppendRecipe(StringBuilder page, RunResult result)
    {
        var machine = result.Machine;
        page.Append("<section><h2>Data, machine, recipe</h2>");
        if (result.Data is { } data)
        {
            page.Append($"<p>Text: {Text.Escape(data.Source)}; {Text.Count(data.Documents)} documents, {Text.Short(data.TrainTokens)} ");
            page.Append($"training and {Text.Short(data.ValidationTokens)} validation tokens, vocabulary {Text.Count(data.VocabSize)}.</p>");
        }

        page.Append($"<p>Machine: {Text.Escape(machine.Device)}; {Text.Escape(machine.System)}; {machine.Cores} cores, ");
        page.Append($"{Text.Bytes(machine.MemoryBytes)}; .NET {Text.Escape(machine.Runtime)}; inheritune {Text.Escape(machine.Version)}.</p>");
        page.Append("<details><summary>Every option of this run (recipe.json)</summary><div class=\"scroll\"><table><tbody>");
        foreach (var (name, value) in result.Recipe)
        {
            page.Append($"<tr><td>{Text.Escape(name)}</td><td class=\"l w\">{Text.Escape(value?.ToJsonString().Trim('"') ?? "")}</td></tr>");
        }

        page.Append("</tbody></table></div></details></section>");
    }
}
