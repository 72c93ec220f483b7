using Inheritune.Kernels.Cuda;

namespace Kernels.Tests.Cuda;

public sealed class KernelReportTests
{
    [Fact]
    public void Read_Log_HasEveryKernelAndItsResources()
    {
        var report = KernelReport.Read(
            """
            ptxas info    : 12 bytes gmem
            ptxas info    : Compiling entry function 'clean' for 'sm_90a'
            ptxas info    : Function properties for clean
            ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
            ptxas info    : Used 79 registers, used 1 barriers, 20480 bytes smem
            ptxas info    : Compile time = 38.245 ms
            ptxas info    : Compiling entry function 'spilling' for 'sm_90a'
            ptxas         .     648 bytes stack frame, 916 bytes spill stores, 952 bytes spill loads
            ptxas info    : Used 32 registers, used 0 barriers, 648 bytes cumulative stack size
            """);

        Assert.Equal(
            [new KernelResources("clean", 79, 20480, 0, 0), new KernelResources("spilling", 32, 0, 648, 1868)],
            report.Kernels);
        Assert.Empty(report.Problems);
    }

    [Theory]
    [InlineData("ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized due to wgmma "
        + "pipeline crossing function boundary at a function call in the function 'k'")]
    [InlineData("ptxas info    : (C7517) warpgroup.wait is injected in around line 67 by compiler to allow use of registers "
        + "defined by GMMA in function 'k'")]
    [InlineData("ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored; unable to determine register count")]
    [InlineData("ptxas warning : Registers are spilled to local memory in function 'k', 916 bytes spill stores")]
    [InlineData("ptxas warning : Local memory used for function 'k', size of stack frame: 648 bytes")]
    public void Read_LineOfASlowKernel_IsAProblem(string line) => Assert.Equal([line], KernelReport.Read(line).Problems);

    [Fact]
    public void Read_RealLogOfASpillingKernel_HasProblems()
    {
        NvrtcTests.RequireNvrtc();
        const string Source =
            """
            extern "C" __global__ void __launch_bounds__(256) k(float* p, int n) {
              float a[64];
              for (int i = 0; i < 64; i++) a[i] = p[i * n];
              for (int i = 0; i < n; i++) a[(i * 7) & 63] += p[i];
              float s = 0;
              for (int i = 0; i < 64; i++) s += a[i];
              p[0] = s;
            }
            """;

        var report = KernelReport.Read(Nvrtc.Compile(Source, ["-arch=sm_90a", .. KernelReport.Options], false).Log);

        Assert.Equal(256, Assert.Single(report.Kernels).StackBytes);
        Assert.Contains("Local memory used", Assert.Single(report.Problems), StringComparison.Ordinal);
    }
}
