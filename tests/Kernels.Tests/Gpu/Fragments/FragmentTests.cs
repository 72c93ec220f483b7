using System.Text.RegularExpressions;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;
using Kernels.Tests.Cuda;

namespace Kernels.Tests.Gpu.Fragments;

/// <summary>The fragments themselves: all wrappers have one, what differs is found, recordings survive a file.</summary>
public sealed partial class FragmentTests
{
    // Not instructions of their own that could be looked at: an address as a number.
    private static readonly string[] Exempt = ["smem_u32"];

    [Fact]
    public void Wrappers_OfKernelsCu_AreAllInGoldenCu()
    {
        var text = KernelSource.Text;
        var begin = text.IndexOf("namespace ptx {", StringComparison.Ordinal);
        var wrappers = Declaration().Matches(text[begin..text.IndexOf("}  // namespace ptx", StringComparison.Ordinal)])
            .Select(match => match.Groups[1].Value).Except(Exempt).ToArray();

        var macros = KernelSource.Golden.Replace("##N##", "128", StringComparison.Ordinal)
            + KernelSource.Golden.Replace("##N##", "256", StringComparison.Ordinal);

        Assert.True(wrappers.Length > 30, $"{wrappers.Length} wrappers found");
        Assert.DoesNotContain(wrappers, w => !Regex.IsMatch(macros, $@"ptx::{w}\b"));
    }

    [Fact]
    public void Kernels_OfGoldenCu_AreAllInTheList()
    {
        var kernels = Kernel().Matches(KernelSource.Golden).Select(match => match.Groups[1].Value);
        var listed = FragmentList.All.Values.Select(f => f.Kernel).ToHashSet();

        Assert.DoesNotContain(kernels, kernel => !listed.Contains(kernel));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(90)]
    public void GoldenCu_Compiles(int number)
    {
        NvrtcTests.RequireNvrtc();
        var program = new KernelProgram(ProgramKind.Golden, true, 0);
        var architecture = GpuArchitecture.Choose(number / 10, number % 10, Nvrtc.Architectures);

        var report = ReportCache.Read(KernelSource.Of(program), program, architecture);

        Assert.Equal(
            FragmentList.All.Values.Where(f => number == 90 || !f.IsHopper).Select(f => "golden_" + f.Kernel).Distinct()
                .Order(StringComparer.Ordinal),
            report.Kernels.Select(k => k.Kernel).Order(StringComparer.Ordinal));
        Assert.Empty(report.Problems);
    }

    [Fact]
    public void Difference_OneWordChanged_IsFoundInEveryFragment()
    {
        Assert.All(FragmentList.All.Values, fragment =>
        {
            var changed = (uint[])fragment.Expected.Clone();
            changed[^1] ^= 0x40000000;

            Assert.Null(fragment.Difference(fragment.Expected, fragment.Expected));
            Assert.Contains(
                $"1 of {changed.Length} words", fragment.Difference(fragment.Expected, changed)!, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Recording_WrittenAndRead_IsTheSame()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = FragmentRecording.PathOf(folder.FullName, "bar");
            var recording = new FragmentRecording("GPU", "13.0", "13.0", 2, 64, [1, 2, 3], [uint.MaxValue, 5]);

            recording.Write(path);
            var read = FragmentRecording.Read(path);

            Assert.Equal(recording.Input, read.Input);
            Assert.Equal(recording.Output, read.Output);
            Assert.Equal(recording with { Input = read.Input, Output = read.Output }, read);
            Assert.Equal([path], Directory.GetFiles(folder.FullName));
            File.WriteAllBytes(path, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
            Assert.Throws<InvalidDataException>(() => FragmentRecording.Read(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"__device__ __forceinline__ [\w ]+?[ *&]+(\w+)\(")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"KERNEL\(golden_(\w+),")]
    private static partial Regex Kernel();
}
