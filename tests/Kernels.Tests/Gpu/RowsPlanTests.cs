using Inheritune.Kernels;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu;

/// <summary>Launch sizes of the row-wise kernels.</summary>
public sealed class RowsPlanTests
{
    [Theory]
    [InlineData(1, 8, 1)]
    [InlineData(2048, 8, 1)]
    [InlineData(2049, 8, 2)]
    [InlineData(1L << 40, 8, 16 * 132)]
    public void Elements_AnyCount_OneRoundOrFullMultiprocessors(long count, int perThread, long blocks) =>
        Assert.Equal(new LaunchShape(blocks, 256), RowsPlan.Elements(count, perThread, 132));

    [Theory]
    [InlineData(1, 8, 256)]
    [InlineData(1024, 8, 256)]
    [InlineData(1025, 64, 64)]
    [InlineData(1600, 64, 64)]
    [InlineData(16384, 64, 512)]
    public void NormForward_AnyRow_IsHeldByAWarpOrABlock(long columns, long blocks, int threads) =>
        Assert.Equal(new LaunchShape(blocks, threads), RowsPlan.NormForward(64, columns));

    [Theory]
    [InlineData(768, DType.BF16, 264, 256, 6144)]
    [InlineData(1600, DType.BF16, 132 * 5, 96, 0)]
    [InlineData(768, DType.F32, 132 * 8, 64, 0)]
    [InlineData(8192, DType.F32, 132, 512, 0)]
    public void NormBackward_ManyRows_FillsTheMultiprocessorsOnce(
        long columns, DType dtype, long blocks, int threads, int shared) =>
        Assert.Equal(
            new LaunchShape(blocks, threads, shared), RowsPlan.NormBackward(1 << 20, columns, dtype, 132));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(512, 1)]
    [InlineData(513, 2)]
    [InlineData(262144, 2)]
    [InlineData(262145, 3)]
    public void SortPasses_AnyVocabulary_CoverItsBits(long vocabulary, int passes) =>
        Assert.Equal(passes, RowsPlan.SortPasses(vocabulary));

    [Theory]
    [InlineData(7, 8, 32)]
    [InlineData(257, 8, 64)]
    [InlineData(50304, 8, 1024)]
    public void LossThreads_AnyVocabulary_AreWholeWarps(long vocabulary, int vector, int threads) =>
        Assert.Equal(threads, RowsPlan.LossThreads(vocabulary, vector));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4097, 2)]
    [InlineData(1L << 40, 1024)]
    public void Partials_AnyCount_DependOnItAlone(long count, int blocks) =>
        Assert.Equal(blocks, RowsPlan.Partials(count));

    [Theory]
    [InlineData(5, 64, 5)]
    [InlineData(1000, 1024, 127)]
    [InlineData(3, 20000, 1)]
    public void MatrixBatch_LargeMatrices_StaysWithinItsScratch(long matrices, long n, long batch) =>
        Assert.Equal(batch, RowsPlan.MatrixBatch(matrices, n));
}
