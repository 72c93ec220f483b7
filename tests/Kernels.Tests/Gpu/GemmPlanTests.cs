using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Gpu;

public sealed class GemmPlanTests
{
    private static readonly GpuProperties H100 = new("H100", 9, 0, 132, 232448, 50 << 20, IsEmulated: false);
    private static readonly GpuProperties A100 = new("A100", 8, 0, 108, 166912, 40 << 20, IsEmulated: false);
    private static readonly GpuProperties Ada = new("RTX 4090", 8, 9, 128, 101376, 72 << 20, IsEmulated: false);

    [Theory]
    [InlineData(8192, 3072, 768, "matmul_forward_128 8192 x 3072 x 768: grid 1536 x 1, block 128, 64 KiB shared, 4 stages")]
    [InlineData(8192, 50304, 768, "matmul_forward_128 8192 x 50304 x 768: grid 25152 x 1, block 128, 64 KiB shared, 4 stages")]
    [InlineData(64, 768, 768, "matmul_forward_64 64 x 768 x 768: grid 12 x 1, block 128, 32 KiB shared, 4 stages")]
    public void For_Forward_TakesTheTileThatFillsTheDevice(int m, int n, int k, string text) =>
        Assert.Equal(text, GemmPlan.For(GemmForm.Forward, true, m, n, k, isAligned: true, A100).ToString());

    [Theory]
    [InlineData(8192, 3072, 768, "matmul_forward_wgmma_256 8192 x 3072 x 768: grid 132 x 1, block 384, 212 KiB shared, 4 stages")]
    [InlineData(1024, 2304, 768, "matmul_forward_wgmma_256 1024 x 2304 x 768: grid 72 x 1, block 384, 212 KiB shared, 4 stages")]
    [InlineData(8, 768, 768, "matmul_forward_64 8 x 768 x 768: grid 12 x 1, block 128, 32 KiB shared, 4 stages")]
    public void For_Hopper_TakesWarpgroupsForLargeProducts(int m, int n, int k, string text) =>
        Assert.Equal(text, GemmPlan.For(GemmForm.Forward, true, m, n, k, isAligned: true, H100).ToString());

    [Fact]
    public void For_WarpgroupsOfF32OrOtherDevices_AreNotTaken()
    {
        const GemmTile Wanted = GemmTile.WideWarpgroups;

        Assert.Equal(GemmTile.Large, GemmPlan.For(GemmForm.Forward, false, 8192, 3072, 768, true, H100, Wanted).Tile);
        Assert.Equal(GemmTile.Large, GemmPlan.For(GemmForm.Forward, true, 8192, 3072, 768, true, A100, Wanted).Tile);
        Assert.Equal(GemmTile.Any, GemmPlan.For(GemmForm.Forward, true, 8192, 3071, 768, false, H100, Wanted).Tile);
        Assert.Equal(Wanted, GemmPlan.For(GemmForm.Forward, true, 128, 8, 64, true, H100, Wanted).Tile);
    }

    [Fact]
    public void For_Unaligned_TakesTheGuardedKernel()
    {
        var plan = GemmPlan.For(GemmForm.InputGradient, true, 8192, 768, 50257, isAligned: false, H100);

        Assert.Equal("matmul_input_gradient_any", plan.Kernel);
        Assert.Equal((GemmTile.Any, 2, 128L * 12), (plan.Tile, plan.Stages, plan.Launch.GridX));
    }

    [Fact]
    public void For_SmallSharedMemory_KeepsTwoBlocksOnAMultiprocessor()
    {
        var plan = GemmPlan.For(GemmForm.Forward, true, 8192, 3072, 768, isAligned: true, Ada);

        Assert.Equal((3, 48 * 1024), (plan.Stages, plan.Launch.SharedBytes));
    }

    [Fact]
    public void For_WeightGradientOfFewTiles_SplitsTheLongSum()
    {
        var plan = GemmPlan.For(GemmForm.WeightGradient, true, 768, 768, 65536, isAligned: true, A100);

        Assert.Equal((GemmTile.Large, 6, 342), (plan.Tile, plan.Parts, plan.TilesOfPart));
        Assert.Equal(6L * 768 * 768 * 4, plan.ScratchBytes);
        Assert.True((plan.Parts - 1) * plan.TilesOfPart < 2048 && plan.Parts * plan.TilesOfPart >= 2048);
    }

    [Theory]
    [InlineData(nameof(GemmForm.Forward), 64, 64, 65536)]
    [InlineData(nameof(GemmForm.InputGradient), 64, 64, 65536)]
    [InlineData(nameof(GemmForm.WeightGradient), 64, 64, 256)]
    [InlineData(nameof(GemmForm.WeightGradient), 4096, 4096, 65536)]
    public void For_RowsOrShortSumsOrManyTiles_SplitsNothing(string form, int m, int n, int k)
    {
        var plan = GemmPlan.For(Enum.Parse<GemmForm>(form), true, m, n, k, isAligned: true, H100);

        Assert.Equal((1, 0L), (plan.Parts, plan.ScratchBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void For_AnySizes_EveryPartHasWork(bool isBf16)
    {
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var (m, n, k) = (random.Next(1, 9000), random.Next(1, 9000), random.Next(0, 70000));
            var plan = GemmPlan.For(GemmForm.WeightGradient, isBf16, m, n, k, random.Next(2) == 0, H100);

            var tiles = Math.Max(1, (k + plan.TileDepth - 1) / plan.TileDepth);
            Assert.True((plan.Parts - 1) * plan.TilesOfPart < tiles, plan.ToString());
            Assert.True(plan.Parts * plan.TilesOfPart >= tiles, plan.ToString());
        }
    }
}
