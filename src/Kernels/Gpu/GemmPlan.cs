namespace Inheritune.Kernels.Gpu;

/// <summary>How one matrix product is launched: a pure function of its sizes and of the device.</summary>
/// <param name="Form">Which product.</param>
/// <param name="IsBf16">Elements are bf16, else f32.</param>
/// <param name="M">Rows of the result.</param>
/// <param name="N">Columns of the result.</param>
/// <param name="K">Length of the sums.</param>
/// <param name="Tile">Sums of a block.</param>
/// <param name="Splits">Parts of k that run side by side; above 1 a second launch adds them in order.</param>
/// <param name="TilesOfK">Tiles of k in a part.</param>
/// <param name="Stages">Tiles of k in shared memory at a time.</param>
internal readonly record struct GemmPlan(
    GemmForm Form, bool IsBf16, int M, int N, int K, GemmTile Tile, int Splits, int TilesOfK, int Stages)
{
    // Against a block of 128 x 128, a block of 64 x 64 reads each operand twice as often for the same sums.
    private const double SmallTileRate = 0.7;

    // A part has at least this many tiles of k: its start and its partial sums cost about as much as four.
    private const int LeastTilesOfPart = 16;
    private const int LargestSplits = 32;

    /// <summary>Threads of a block.</summary>
    public int Threads => IsBf16 ? 128 : 256;

    /// <summary>Rows and columns of a tile.</summary>
    public int TileSize => Tile == GemmTile.Large ? 128 : 64;

    /// <summary>k of a tile.</summary>
    public int TileDepth => DepthOf(IsBf16);

    /// <summary>Bytes of scratch memory for the partial sums.</summary>
    public long ScratchBytes => Splits == 1 ? 0 : (long)Splits * M * N * sizeof(float);

    /// <summary>Elements of a 16-byte access.</summary>
    public int Lanes => IsBf16 ? 8 : 4;

    /// <summary>Kernel in kernels.cu.</summary>
    public string Kernel => (Form, Tile) switch
    {
        (GemmForm.Forward, GemmTile.Large) => "matmul_forward_128",
        (GemmForm.Forward, GemmTile.Small) => "matmul_forward_64",
        (GemmForm.Forward, _) => "matmul_forward_any",
        (GemmForm.InputGradient, GemmTile.Large) => "matmul_input_gradient_128",
        (GemmForm.InputGradient, GemmTile.Small) => "matmul_input_gradient_64",
        (GemmForm.InputGradient, _) => "matmul_input_gradient_any",
        (_, GemmTile.Large) => "matmul_weight_gradient_128",
        (_, GemmTile.Small) => "matmul_weight_gradient_64",
        _ => "matmul_weight_gradient_any",
    };

    /// <summary>Launch of the product.</summary>
    public LaunchShape Launch =>
        new(Count(M, TileSize) * Count(N, TileSize), Threads, SharedBytes, Splits);

    /// <summary>Launch that adds the parts.</summary>
    public LaunchShape Reduction => new(Count((long)M * Count(N, Lanes), 256), 256);

    private int SharedBytes => IsBf16
        ? Stages * 2 * TileSize * TileDepth * 2
        : Stages * 2 * TileDepth * (TileSize + 4) * sizeof(float);

    /// <summary>Plans a product.</summary>
    /// <param name="form">Which product.</param>
    /// <param name="isBf16">Elements are bf16, else f32.</param>
    /// <param name="m">Rows of the result, at least 1.</param>
    /// <param name="n">Columns of the result, at least 1.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="isAligned">All operands start at, and all their rows are, a multiple of 16 bytes.</param>
    /// <param name="properties">The device.</param>
    /// <param name="wanted">A tile to take, if the operands are aligned, instead of the faster one.</param>
    public static GemmPlan For(
        GemmForm form, bool isBf16, int m, int n, int k, bool isAligned, GpuProperties properties,
        GemmTile? wanted = null)
    {
        var tilesOfK = (int)Math.Max(1, Count(k, DepthOf(isBf16)));
        var tile = isAligned ? wanted ?? Faster(form, m, n, tilesOfK, properties) : GemmTile.Any;
        var tilesOfPart = (int)Count(tilesOfK, Parts(form, m, n, tilesOfK, tile, properties));
        return new GemmPlan(
            form, isBf16, m, n, k, tile, (int)Count(tilesOfK, tilesOfPart), tilesOfPart,
            isBf16 && tile != GemmTile.Any ? StagesOf(properties) : 2);
    }

    /// <summary>As in "matmul_forward_128 768 x 1024 x 3072: grid 48 x 1, block 128, 64 KiB shared, 4 stages".</summary>
    public override string ToString() =>
        $"{Kernel} {M} x {N} x {K}: grid {Launch.GridX} x {Splits}, block {Threads}, "
        + $"{SharedBytes / 1024.0:0.#} KiB shared, {Stages} stages";

    private static GemmTile Faster(GemmForm form, int m, int n, int tilesOfK, GpuProperties properties) =>
        Cost(form, m, n, tilesOfK, GemmTile.Large, properties) <= Cost(form, m, n, tilesOfK, GemmTile.Small, properties)
            ? GemmTile.Large
            : GemmTile.Small;

    // Whole rounds of blocks over the multiprocessors, weighed by what a block does.
    private static double Cost(GemmForm form, int m, int n, int tilesOfK, GemmTile tile, GpuProperties properties)
    {
        var parts = Parts(form, m, n, tilesOfK, tile, properties);
        var rounds = Count(Blocks(m, n, tile) * parts, properties.Multiprocessors) * Count(tilesOfK, parts);
        return tile == GemmTile.Large ? rounds * 4 : rounds / SmallTileRate;
    }

    // Splits the sums of a weight gradient, whose result may be small and whose sums are as long as the batch, until the
    // blocks fill the device.
    private static int Parts(GemmForm form, int m, int n, int tilesOfK, GemmTile tile, GpuProperties properties)
    {
        var places = (long)properties.Multiprocessors * (tile == GemmTile.Large ? 2 : 4);
        return form == GemmForm.WeightGradient
            ? (int)Math.Clamp(Math.Min(places / Blocks(m, n, tile), tilesOfK / LeastTilesOfPart), 1, LargestSplits)
            : 1;
    }

    private static long Blocks(int m, int n, GemmTile tile) =>
        tile == GemmTile.Large ? Count(m, 128) * Count(n, 128) : Count(m, 64) * Count(n, 64);

    // As kernels.cu decides by architecture: where a multiprocessor has 100 KiB, two blocks fit with three tiles each.
    private static int StagesOf(GpuProperties properties) =>
        properties.ComputeMajor is 9 or 10 || (properties.ComputeMajor == 8 && properties.ComputeMinor is 0 or 7) ? 4 : 3;

    private static int DepthOf(bool isBf16) => isBf16 ? 32 : 16;

    private static long Count(long items, long of) => (items + of - 1) / of;
}
