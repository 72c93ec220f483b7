using System.Text;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Cuda;

/// <summary>
/// Every program of kernels.cu is compiled for every architecture by the real compiler, which needs no GPU. The table of
/// registers and shared memory is committed: a change of a kernel shows what it costs.
/// </summary>
public sealed class KernelResourcesTests
{
    private const string Update = "UPDATE_KERNEL_RESOURCES";
    private static readonly string Table = Path.GetFullPath(
        Path.Combine(Fixtures.Own, "..", "..", "docs", "kernel-resources.md"));

    public static TheoryData<int> Architectures => new(KernelPrograms.Architectures);

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Kernels_Architecture_HaveNoSpillsAndNoWarnings(int number)
    {
        NvrtcTests.RequireNvrtc();
        var architecture = Architecture(number);
        Assert.SkipWhen(architecture.IsPtx, $"NVRTC {Nvrtc.Version} does not know sm_{number}");

        var problems = Reports(architecture)
            .SelectMany(r => r.Report.Problems.Select(problem => $"{r.Program.Name}: {problem}")
                .Concat(r.Report.Kernels.Where(k => k.SpillBytes > 0 || k.StackBytes > 0)
                    .Select(k => $"{r.Program.Name}: {k}")));

        Assert.True(!problems.Any(), string.Join(Environment.NewLine, problems));
    }

    [Fact]
    public void Table_OfThisCompiler_IsCurrent()
    {
        NvrtcTests.RequireNvrtc();
        Assert.SkipUnless(File.Exists(Table), "needs the repository");
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(Table, Text());
        }

        var committed = File.ReadAllText(Table);
        Assert.SkipUnless(
            committed.Contains($"NVRTC {Nvrtc.Version}.", StringComparison.Ordinal),
            $"the table is of another compiler than NVRTC {Nvrtc.Version}: registers differ between versions");
        Assert.True(
            committed == Text(),
            $"{Table} is stale: the kernels changed. Make it again with {Update}=1, look at the difference, commit it "
            + $"(NVRTC {Nvrtc.Version}).");
    }

    private static GpuArchitecture Architecture(int number) =>
        GpuArchitecture.Choose(number / 10, number % 10, Nvrtc.Architectures);

    private static List<(KernelProgram Program, KernelReport Report)> Reports(GpuArchitecture architecture)
    {
        var reports = new KernelReport[KernelPrograms.All.Count];
        Parallel.For(
            0, reports.Length,
            i => reports[i] = ReportCache.Read(KernelSource.Text, KernelPrograms.All[i], architecture));
        return [.. KernelPrograms.All.Zip(reports)];
    }

    private static string Text()
    {
        var columns = KernelPrograms.Architectures.Select(Architecture).ToArray();
        var reports = columns.Select(Reports).ToArray();
        var text = new StringBuilder()
            .Append("# Resources of every kernel\n\n")
            .Append("Registers of a thread / bytes of static shared memory of a block, as ptxas reports them; no kernel uses\n")
            .Append("local memory. Made by a test (").Append(Update).Append("=1) with NVRTC ").Append(Nvrtc.Version)
            .Append(".\n\n")
            .Append("| program | kernel | ").AppendJoin(" | ", columns.Select(c => c.Option)).Append(" |\n")
            .Append("| --- | --- |").Append(string.Concat(columns.Select(_ => " ---: |"))).Append('\n');
        for (var program = 0; program < KernelPrograms.All.Count; program++)
        {
            var kernels = reports.SelectMany(r => r[program].Report.Kernels).Select(k => k.Kernel).Distinct()
                .Order(StringComparer.Ordinal);
            foreach (var kernel in kernels)
            {
                var cells = reports.Select(r => r[program].Report.Kernels.FirstOrDefault(k => k.Kernel == kernel))
                    .Select(k => k is null ? "–" : k.SharedBytes == 0 ? $"{k.Registers}" : $"{k.Registers} / {k.SharedBytes}");
                text.Append($"| {KernelPrograms.All[program].Name} | {kernel} | ").AppendJoin(" | ", cells).Append(" |\n");
            }
        }

        return text.ToString();
    }
}
