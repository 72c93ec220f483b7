using System.Runtime.InteropServices;
using Inheritune.Cli;
using Inheritune.Engine.Data;
using Inheritune.Kernels;
using Inheritune.Recipes;
using Inheritune.Reports;
using Inheritune.Runs;
using Inheritune.Terminal;

namespace Inheritune.Commands;

/// <summary>inheritune doctor: what this machine offers, what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    /// <summary>Its declaration.</summary>
    public static VerbSpec Verb { get; } = new(
        "doctor",
        "Show devices, memory, libraries and text found on this machine, and what is missing.",
        [.. RecipeOptions.Machine],
        Execute);

    private static int Execute(OptionValues values, Session session)
    {
        using var device = Machine.Open(values);
        var rows = new List<IReadOnlyList<string>>
        {
            Row("inheritune", Machine.Version, "ok"),
            Row(".NET", $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}",
                "ok"),
            Row("system", $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores", "ok"),
            Row("memory", $"{Format.Bytes(Machine.MemoryBytes)}, {Format.Bytes(device.FreeMemoryBytes)} "
                + $"free for {device.Name}", "ok"),
            Row("device " + device.Name, device.Description,
                device.Description.Contains("no SIMD", StringComparison.Ordinal)
                    ? "slow: no vector instructions found" : "ok"),
            Documentation(),
            Row("text formats", ".txt, .jsonl, .ndjson, .json, each also .gz or .zst; .parquet; token shards",
                Corpus.ReadsZstd ? "ok" : "ok; zstd needs libzstd: install libzstd1 (Debian, Ubuntu) or libzstd (Fedora)"),
        };
        var findings = Devices.Survey();
        rows.AddRange(findings.Select(finding => Row(finding.What, finding.Found, finding.State)));
        TableView.Show(session, ["what", "found", "state"], rows);
        foreach (var finding in findings.Where(finding => finding.Tried.Count > 0))
        {
            session.Out.WriteLine($"{finding.What}, looked for at:");
            foreach (var place in finding.Tried)
            {
                session.Out.WriteLine($"  {place}");
            }
        }

        return 0;
    }

    private static IReadOnlyList<string> Documentation() => SdkDocumentation.IsAvailable
        ? Row("default text", "the documentation of the installed .NET SDK", "ok")
        : Row("default text", "no .NET SDK with documentation (looked in the dotnet folder's packs)",
            "optional: give run your own text with --data, or install the .NET SDK");

    private static IReadOnlyList<string> Row(string what, string found, string state) => [what, found, state];
}
