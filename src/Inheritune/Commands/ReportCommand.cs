using Inheritune.Cli;
using Inheritune.Engine.Files;
using Inheritune.Recipes;
using Inheritune.Reports;

namespace Inheritune.Commands;

/// <summary>inheritune report: HTML from the numbers of one or several runs.</summary>
internal static class ReportCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "report",
        "Write the report of a run again, or one page that compares several runs.",
        [CommonOptions.Out(
            "", "File to write; empty: report.html in the run's folder, comparison.html for several runs")],
        Execute)
    {
        Arguments = ("runs", "Folders of runs.", 100),
    };

    private static int Execute(OptionValues values, Session session)
    {
        if (values.Arguments.Count == 0)
        {
            throw new UsageException(
                "report: expected one or more folders of runs, got none. Try inheritune report runs/demo.");
        }

        var results = values.Arguments.Select(Load).ToList();
        var path = values.Text("out") is { Length: > 0 } given ? given
            : results.Count == 1 ? Path.Combine(values.Arguments[0], "report.html")
            : "comparison.html";
        AtomicFile.WriteAllText(
            path, results.Count == 1 ? RunReport.Render(results[0]) : ComparisonReport.Render(results));
        session.Out.WriteLine($"report: {Path.GetFullPath(path)}");
        return 0;
    }

    private static RunResult Load(string folder)
    {
        var path = Path.Combine(folder, "result.json");
        return File.Exists(path)
            ? ResultJson.Read(File.ReadAllText(path), path)
            : throw new RunException(
                $"{folder}: has no result.json. Give the folder of a run that has begun.");
    }
}
