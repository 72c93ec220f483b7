namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>
/// How a product C (M, N) = A (M, K) · B (K, N) is cut. The cut of k, and so the order of every sum, is a
/// function of K alone; the cut of C depends on the number of threads and changes no result.
/// </summary>
internal readonly struct GemmPlan
{
    // 384 steps: a panel of B is 72 KiB and a panel of A 12 KiB.
    private const long MaxSteps = 384;

    // The shared operand is packed in portions of this size: it stays in the last-level cache.
    private const long SharedBytes = 4 << 20;
    private const long RowsPerBlock = 256;

    public GemmPlan(long m, long n, long k, int tileRows, int tileColumns, int threads)
    {
        Steps = StepsOf(k);
        Blocks = Math.Max(1, (k + Steps - 1) / Steps);
        Threads = threads;
        SharesA = m <= n;
        BlocksPerPortion = Math.Clamp(SharedBytes / (Math.Min(m, n) * Steps * sizeof(float)), 1, Blocks);
        var tile = SharesA ? tileColumns : tileRows;
        var panels = ((SharesA ? n : m) + tile - 1) / tile;

        // Eight tasks a thread even out what other programs take away; wider tasks read the shared operand
        // less often.
        var widest = Math.Max(1, (SharesA ? 4 * 48 : RowsPerBlock) / tile);
        var narrowest = Math.Max(1, (SharesA ? 48 : 64) / tile);
        PanelsPerTask = threads == 1 ? widest : Math.Clamp(panels / (threads * 8L), narrowest, widest);
        Tasks = (panels + PanelsPerTask - 1) / PanelsPerTask;
        RowPanelsPerBlock = Math.Max(1, RowsPerBlock / tileRows);
    }

    /// <summary>Steps of a block, of sums of length <paramref name="k"/>.</summary>
    public static long StepsOf(long k)
    {
        var blocks = Math.Max(1, (k + MaxSteps - 1) / MaxSteps);
        return Math.Max(1, ((k + blocks - 1) / blocks + 31) / 32 * 32);
    }

    /// <summary>Steps of k in a block.</summary>
    public long Steps { get; }

    /// <summary>Blocks of k.</summary>
    public long Blocks { get; }

    /// <summary>Threads that take tasks.</summary>
    public int Threads { get; }

    /// <summary>
    /// Whether A is packed by all threads for all, and B by each thread for its own task; or the reverse.
    /// </summary>
    public bool SharesA { get; }

    /// <summary>Blocks of k for which the shared operand is packed at a time.</summary>
    public long BlocksPerPortion { get; }

    /// <summary>Panels of the operand that is not shared in one task.</summary>
    public long PanelsPerTask { get; }

    /// <summary>Tasks that cover C.</summary>
    public long Tasks { get; }

    /// <summary>Panels of A that stay in the second-level cache while the panels of B pass.</summary>
    public long RowPanelsPerBlock { get; }
}
