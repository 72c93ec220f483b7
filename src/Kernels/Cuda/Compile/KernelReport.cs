using System.Globalization;
using System.Text.RegularExpressions;

namespace Inheritune.Kernels.Cuda;

/// <summary>The compiler's log, read: resources of every kernel, and the lines that mean a slow kernel.</summary>
/// <param name="Kernels">Every kernel of the program, in the log's order.</param>
/// <param name="Problems">Spills, local memory, serialised wgmma, injected waits, ignored setmaxnreg: as the log has them.</param>
internal sealed partial record KernelReport(IReadOnlyList<KernelResources> Kernels, IReadOnlyList<string> Problems)
{
    /// <summary>Options that make the log complete. One ptxas option each: a blank or a comma inside is refused.</summary>
    public static readonly IReadOnlyList<string> Options =
    [
        "--ptxas-options=-v",
        "--ptxas-options=--warn-on-spills",
        "--ptxas-options=--warn-on-local-memory-usage",
    ];

    // By text: the numbers before them are per reason and differ between versions.
    private static readonly string[] Signs =
    [
        "instructions are serialized",
        "is injected",
        "'setmaxnreg' ignored",
        "Registers are spilled",
        "Local memory used",
    ];

    /// <summary>Reads a log made with <see cref="Options"/>.</summary>
    public static KernelReport Read(string log)
    {
        var kernels = new List<KernelResources>();
        var problems = new List<string>();
        string? kernel = null;
        int stack = 0, spill = 0;
        foreach (var line in log.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (Signs.Any(sign => line.Contains(sign, StringComparison.Ordinal)))
            {
                problems.Add(line);
            }

            if (Entry().Match(line) is { Success: true } entry)
            {
                (kernel, stack, spill) = (entry.Groups[1].Value, 0, 0);
            }
            else if (Frame().Match(line) is { Success: true } frame)
            {
                // A function that was not inlined has its own line: the kernel answers for the worst.
                stack = Math.Max(stack, Number(frame, 1));
                spill = Math.Max(spill, Number(frame, 2) + Number(frame, 3));
            }
            else if (kernel is not null && Used().Match(line) is { Success: true } used)
            {
                var shared = Shared().Match(line);
                kernels.Add(new KernelResources(
                    kernel, Number(used, 1), shared.Success ? Number(shared, 1) : 0, stack, spill));
                kernel = null;
            }
        }

        return new KernelReport(kernels, problems);
    }

    private static int Number(Match match, int group) =>
        int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("Compiling entry function '(\\w+)'")]
    private static partial Regex Entry();

    [GeneratedRegex("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads")]
    private static partial Regex Frame();

    [GeneratedRegex("Used (\\d+) registers")]
    private static partial Regex Used();

    [GeneratedRegex("(\\d+) bytes smem")]
    private static partial Regex Shared();
}
