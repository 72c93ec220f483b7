using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Attention;

/// <summary>Launch plans are pure: no GPU is needed to see that they fit every one.</summary>
public sealed class AttentionPlanTests
{
    // What a block may have on compute capability 8.6, 8.9 and 12.0, the smallest of those supported.
    private const int SharedBytes = 99 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Plan_EveryHeadSize_FitsTheSharedMemoryOfEveryGpu(bool isBf16)
    {
        for (var HS = isBf16 ? 2 : 1; HS <= AttentionPlan.MaxHeadSize; HS += isBf16 ? 2 : 1)
        {
            var plan = new AttentionPlan(HS, isBf16);
            Assert.All(
                (AttentionBlock[])[plan.Forward, plan.BackwardKeys, plan.BackwardQueries],
                block => Assert.InRange(block.SharedBytes, 1, SharedBytes));
        }
    }

    [Theory]
    [InlineData(64, 16)]
    [InlineData(100, 8)]
    [InlineData(10, 4)]
    public void Plan_HeadSize_CopiesWhatDividesARow(int HS, int copyBytes) =>
        Assert.Equal(copyBytes, new AttentionPlan(HS, isBf16: true).CopyBytes);

    [Fact]
    public void Launch_OddLength_CoversTheLastRows() =>
        Assert.Equal(
            new LaunchShape(3, 128, 1000, 12, 5), new AttentionBlock(128, 128, 1000).Launch(257, heads: 12, sequences: 5));
}
