namespace Inheritune.Kernels.Gpu;

/// <summary>How one matrix product is launched: a pure function of its sizes and of the device.</summary>
/// <param name="Form">Which product.</param>
/// <param name="IsBf16">Elements are bf16, else f32.</param>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Length of the sums.</param>
/// <param name="Tile">Sums of a block.</param>
/// <param name="Parts">Parts of k that run side by side; above 1 a second launch adds them in order.</param>
/// <param name="TilesOfPart">Tiles of k in a part.</param>
/// <param name="Stages">Tiles of k in shared memory at a time.</param>
/// <param name="Multiprocessors">Of the device.</param>
internal readonly record struct GemmPlan(
    GemmForm Form, bool IsBf16, int M, int N, int K, GemmTile Tile, int Parts, int TilesOfPart, int Stages,
    int Multiprocessors)
{
    // A part has at least this many k: its start and its partial sums cost about as much as 128.
    private const int LeastDepthOfPart = 512;
    private const int LargestParts = 32;

    // 192 KiB of stages and 16 x 40 sums of eight warps.
    private const int WarpgroupSharedBytes = (192 * 1024) + (8 * 16 * 40 * 4);

    /// <summary>Two warpgroups multiply what bulk copies bring.</summary>
    public bool IsWarpgroups => Tile is GemmTile.Warpgroups or GemmTile.WideWarpgroups;

    /// <summary>Threads of a block.</summary>
    public int Threads => IsWarpgroups ? 384 : IsBf16 ? 128 : 256;

    /// <summary>Rows of a tile.</summary>
    public int TileRows => RowsOf(Tile);

    /// <summary>Columns of a tile.</summary>
    public int TileColumns => ColumnsOf(Tile);

    /// <summary>k of a tile.</summary>
    public int TileDepth => DepthOf(IsBf16, Tile);

    /// <summary>Bytes of scratch memory for the partial sums.</summary>
    public long ScratchBytes => Parts == 1 ? 0 : (long)Parts * M * N * sizeof(float);

    /// <summary>Elements of a 16-byte access.</summary>
    public int Lanes => IsBf16 ? 8 : 4;

    /// <summary>Kernel in kernels.cu.</summary>
    public string Kernel => (Form, Tile) switch
    {
        (GemmForm.Forward, GemmTile.WideWarpgroups) => "matmul_forward_wgmma_256",
        (GemmForm.Forward, GemmTile.Warpgroups) => "matmul_forward_wgmma_128",
        (GemmForm.Forward, GemmTile.Large) => "matmul_forward_128",
        (GemmForm.Forward, GemmTile.Small) => "matmul_forward_64",
        (GemmForm.Forward, _) => "matmul_forward_any",
        (GemmForm.InputGradient, GemmTile.WideWarpgroups) => "matmul_input_gradient_wgmma_256",
        (GemmForm.InputGradient, GemmTile.Warpgroups) => "matmul_input_gradient_wgmma_128",
        (GemmForm.InputGradient, GemmTile.Large) => "matmul_input_gradient_128",
        (GemmForm.InputGradient, GemmTile.Small) => "matmul_input_gradient_64",
        (GemmForm.InputGradient, _) => "matmul_input_gradient_any",
        (_, GemmTile.WideWarpgroups) => "matmul_weight_gradient_wgmma_256",
        (_, GemmTile.Warpgroups) => "matmul_weight_gradient_wgmma_128",
        (_, GemmTile.Large) => "matmul_weight_gradient_128",
        (_, GemmTile.Small) => "matmul_weight_gradient_64",
        _ => "matmul_weight_gradient_any",
    };

    /// <summary>Launch of the product.</summary>
    public LaunchShape Launch => IsWarpgroups
        ? new(Math.Min(Blocks(M, N, Tile) * Parts, Multiprocessors), Threads, SharedBytes)
        : new(Blocks(M, N, Tile), Threads, SharedBytes, Parts);

    /// <summary>Launch that adds the parts.</summary>
    public LaunchShape Reduction => new(Count((long)M * Count(N, Lanes), 256), 256);

    private int SharedBytes => IsWarpgroups ? WarpgroupSharedBytes
        : IsBf16 ? Stages * 2 * TileRows * TileDepth * 2
        : Stages * 2 * TileDepth * (TileRows + 4) * sizeof(float);

    /// <summary>Plans a product.</summary>
    /// <param name="form">Which product.</param>
    /// <param name="isBf16">Elements are bf16, else f32.</param>
    /// <param name="m">Rows of the result, at least 1.</param>
    /// <param name="n">Columns of the result, at least 1.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="isAligned">All operands start at, and all their rows are, a multiple of 16 bytes.</param>
    /// <param name="properties">The device.</param>
    /// <param name="wanted">A tile to take, if operands and device allow, instead of the fastest.</param>
    public static GemmPlan For(
        GemmForm form, bool isBf16, int m, int n, int k, bool isAligned, GpuProperties properties,
        GemmTile? wanted = null)
    {
        var hasWarpgroups = isBf16 && k > 0 && (properties.ComputeMajor, properties.ComputeMinor) == (9, 0);
        var tile = GemmTile.Any;
        var least = double.PositiveInfinity;
        for (var candidate = GemmTile.Small; isAligned && candidate <= GemmTile.WideWarpgroups; candidate++)
        {
            if (candidate > GemmTile.Large && !hasWarpgroups)
            {
                break;
            }

            var cost = candidate == wanted ? double.NegativeInfinity : Cost(form, isBf16, m, n, k, candidate, properties);
            (tile, least) = cost < least ? (candidate, cost) : (tile, least);
        }

        if (wanted == GemmTile.Any)
        {
            tile = GemmTile.Any;
        }

        var tilesOfK = (int)Math.Max(1, Count(k, DepthOf(isBf16, tile)));
        var tilesOfPart = (int)Count(tilesOfK, PartsOf(form, m, n, k, tile, properties));
        return new GemmPlan(
            form, isBf16, m, n, k, tile, (int)Count(tilesOfK, tilesOfPart), tilesOfPart, StagesOf(isBf16, tile, properties),
            properties.Multiprocessors);
    }

    /// <summary>As in "matmul_forward_128 768 x 1024 x 3072: grid 48 x 1, block 128, 64 KiB shared, 4 stages".</summary>
    public override string ToString() =>
        $"{Kernel} {M} x {N} x {K}: grid {Launch.GridX} x {Parts}, block {Threads}, "
        + $"{SharedBytes / 1024.0:0.#} KiB shared, {Stages} stages";

    // Whole rounds of blocks over the multiprocessors, times what a block does, over its rate. Rates are against 128 x 128
    // with mma.sync: a smaller tile reads its operands more often; mma.sync reaches about 0.6 of what wgmma does.
    private static double Cost(
        GemmForm form, bool isBf16, int m, int n, int k, GemmTile tile, GpuProperties properties)
    {
        var rate = tile switch
        {
            GemmTile.Small => 0.7,
            GemmTile.Large => 1,
            GemmTile.Warpgroups => 1.3,
            _ => 1.6,
        };
        var parts = PartsOf(form, m, n, k, tile, properties);
        var depth = Count(Math.Max(1, Count(k, DepthOf(isBf16, tile))), parts) * DepthOf(isBf16, tile);
        var rounds = Count(Blocks(m, n, tile) * parts, properties.Multiprocessors);
        return rounds * (double)RowsOf(tile) * ColumnsOf(tile) * depth / rate;
    }

    // Splits the sums of a weight gradient, whose result may be small and whose sums are as long as the batch, until the
    // blocks fill the device. The others never split: a row has the same bits whatever rows stand beside it.
    private static int PartsOf(GemmForm form, int m, int n, int k, GemmTile tile, GpuProperties properties)
    {
        var blocksAtOnce = tile switch
        {
            GemmTile.Any or GemmTile.Small => 4L,
            GemmTile.Large => 2,
            _ => 1,
        };
        return form == GemmForm.WeightGradient
            ? (int)Math.Clamp(
                Math.Min(properties.Multiprocessors * blocksAtOnce / Blocks(m, n, tile), k / LeastDepthOfPart), 1, LargestParts)
            : 1;
    }

    // As kernels.cu decides by architecture: where a multiprocessor has 100 KiB, two blocks fit with three tiles each.
    private static int StagesOf(bool isBf16, GemmTile tile, GpuProperties properties) => tile switch
    {
        GemmTile.WideWarpgroups => 4,
        GemmTile.Warpgroups => 6,
        _ when !isBf16 || tile == GemmTile.Any => 2,
        _ when properties.ComputeMajor is 9 or 10 => 4,
        _ => (properties.ComputeMajor, properties.ComputeMinor) is (8, 0) or (8, 7) ? 4 : 3,
    };

    private static int RowsOf(GemmTile tile) => tile is GemmTile.Any or GemmTile.Small ? 64 : 128;

    private static int ColumnsOf(GemmTile tile) => tile == GemmTile.WideWarpgroups ? 256 : RowsOf(tile);

    private static int DepthOf(bool isBf16, GemmTile tile) => tile > GemmTile.Large ? 64 : isBf16 ? 32 : 16;

    private static long Blocks(int m, int n, GemmTile tile) => Count(m, RowsOf(tile)) * Count(n, ColumnsOf(tile));

    private static long Count(long items, long of) => (items + of - 1) / of;
}
