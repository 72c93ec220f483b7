using System.Text.Json.Nodes;
using System.Xml.Linq;
using Inheritune.Reports;
using Inheritune.Tests.Runs;

namespace Inheritune.Tests.Reports;

public sealed class RunReportTests
{
    private static readonly RunResult Result = RunLoopTests.Run(new FakeWork((model, batch) => (model switch
    {
        "reference" => 4.0,
        "child-1" => 3.5,
        "random" => 4.1,
        _ => 3.2,
    }) + (0.01 * (batch % 5)))) with
    {
        Recipe = new JsonObject { ["prompt"] = "<script>alert('x')</script>" },
    };

    [Fact]
    public void Report_Finished_HasEverySection()
    {
        var html = RunReport.Render(Result);

        Assert.All(
            new[] { "Loss of every model", "Models", "Rounds", "Remarks", "Attention by layer and head",
                "Samples", "Data, machine, recipe" },
            s => Assert.Contains($"<h2>{s}", html, StringComparison.Ordinal));
        Assert.Contains("A child of 4 of 8 blocks beats its reference: −0.500 ± 0.000 nats per "
            + "token.", html, StringComparison.Ordinal);
        Assert.All(Result.Models, m => Assert.Contains(m.Name, html, StringComparison.Ordinal));
        Assert.Equal(4, html.Split("<svg class=\"heat\"").Length - 1);
    }

    [Fact]
    public void Report_TextFromOutside_IsEscaped()
    {
        var html = RunReport.Render(Result with { Name = "<img src=x>" });

        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>the</b>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;the&lt;/b&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_Page_IsWellFormedAndSelfContained()
    {
        var html = RunReport.Render(Result);
        var body = html[html.IndexOf("<body>", StringComparison.Ordinal)..html.IndexOf(
            "</html>", StringComparison.Ordinal)];

        Assert.NotNull(XDocument.Parse(body.Replace("&nbsp;", " ", StringComparison.Ordinal)));
        Assert.DoesNotContain("http", html, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_TwiceTheStepsWins_SaysSo()
    {
        var remarks = new RunFacts(Result).Remarks;

        Assert.Contains(
            remarks, r => r.Contains("training the small model for longer wins", StringComparison.Ordinal));
        Assert.Contains(remarks, r => r.Contains("inheriting helps", StringComparison.Ordinal));
        Assert.Contains(
            remarks, r => r.Contains("its reference and all rounds included", StringComparison.Ordinal));
    }

    [Fact]
    public void Facts_ChildsCost_IncludesReferenceAndRounds()
    {
        var result = RunLoopTests.Run(new FakeWork((model, _) => model == "child-1" ? 4.5 : 4.0));
        var facts = new RunFacts(result);

        Assert.Equal(3 * 500, facts.TotalTokens(facts.Child!));
        Assert.Equal(6.0 * 500 * (800 + 400 + 600), facts.TotalFlops(facts.Child!));
        Assert.Equal(1000, facts.TotalTokens(facts.Baseline("random-2x")!));
    }

    [Fact]
    public void Report_Unfinished_RendersAnyway()
    {
        Assert.Contains(
            "not finished", RunReport.Render(new RunResult { Name = "empty" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Result_RoundTrip_IsTheSameText()
    {
        var json = ResultJson.Write(Result);

        Assert.Equal(json, ResultJson.Write(ResultJson.Read(json, "result.json")));
    }

    [Theory]
    [InlineData("{", "not the numbers of a run")]
    [InlineData("null", "got null")]
    [InlineData("{\"format\":2}", "format: expected 1, got 2")]
    public void Result_Damaged_IsRefused(string json, string expected)
    {
        var e = Assert.Throws<InvalidDataException>(() => ResultJson.Read(json, "result.json"));

        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Comparison_TwoRuns_HasBothAndTheSpread()
    {
        var html = ComparisonReport.Render([Result with { Name = "first" }, Result with { Name = "second" }]);

        Assert.Contains("first", html, StringComparison.Ordinal);
        Assert.Contains("second: child", html, StringComparison.Ordinal);
        Assert.Contains("standard deviation", html, StringComparison.Ordinal);
    }
}
