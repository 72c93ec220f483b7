using Inheritune.Kernels;
using Inheritune.Kernels.Cpu;

namespace Kernels.Tests.Attention;

/// <summary>The CPU with the vectors it picks, and with head sizes that no GPU kernel is compiled for.</summary>
public sealed class CpuAttentionTests : AttentionSuite
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(33, 200)]
    [InlineData(130, 20)]
    public void Attention_AnyHeadSize_MatchesReference(int HS, int T)
    {
        var c = new AttentionCase(1, T, 2, 2, HS, 0.17f, [0.5f, 0.0625f]);
        AttentionForward_OddSizes_MatchesReference(c);
        AttentionBackward_OddSizes_MatchesReference(c);
    }

    protected override Device Open(int threads) => new CpuDevice(threads);
}
