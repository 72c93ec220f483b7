using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Cuda;

public sealed class NvrtcTests
{
    [Fact]
    public void Compile_SourceWithError_LogNamesTheLine()
    {
        RequireNvrtc();

        var result = Nvrtc.Compile("extern \"C\" __global__ void k(int* p)\n{\n  *p = missing;\n}\n", ["-arch=sm_80"], false);

        Assert.False(result.IsCompiled);
        Assert.Contains("kernels.cu(3): error", result.Log, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_Ptx_IsTextWithClosingNul()
    {
        RequireNvrtc();

        var result = Nvrtc.Compile("extern \"C\" __global__ void k(int* p) { *p = 1; }", ["-arch=compute_80"], true);

        Assert.True(result.IsCompiled);
        Assert.Equal(0, result.Image[^1]);
        Assert.Contains(".target sm_80", System.Text.Encoding.UTF8.GetString(result.Image), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 0, "sm_80", false)]
    [InlineData(8, 9, "sm_89", false)]
    [InlineData(9, 0, "sm_90a", false)]
    [InlineData(10, 0, "sm_100a", false)]
    [InlineData(12, 0, "sm_120", false)]
    [InlineData(13, 0, "compute_120", true)]
    [InlineData(8, 1, "compute_80", true)]
    public void Architecture_Gpu_IsTheBestThatTheCompilerKnows(int major, int minor, string option, bool isPtx) =>
        Assert.Equal(
            new GpuArchitecture(option, isPtx), GpuArchitecture.Choose(major, minor, [75, 80, 86, 89, 90, 100, 120]));

    internal static void RequireNvrtc() =>
        Assert.SkipUnless(Nvrtc.IsPresent, "needs libnvrtc (no GPU): install nvidia-cuda-nvrtc or set CUDA_HOME");
}
