namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Where the working memory of a thread has what; all sizes in floats, each part aligned to 64 bytes.
/// </summary>
internal readonly struct AttentionLayout
{
    /// <summary>Queries of a block: the rows of scores worked on at a time.</summary>
    public const int BlockRows = 64;

    public AttentionLayout(int T, int HS, int vectorCount, bool backward)
    {
        PaddedHS = RoundUp(HS, vectorCount);
        ScoreStride = RoundUp(T, 2 * vectorCount) + Skew;
        var paddedT = RoundUp(T, 2 * vectorCount);
        long transposed = RoundUp((long)paddedT * HS, 16);
        long rows = (long)paddedT * PaddedHS;
        long block = BlockRows * PaddedHS + 16;
        long scores = (long)BlockRows * ScoreStride;
        KeysTransposed = 0;
        Values = KeysTransposed + transposed;
        Queries = Values + (backward ? transposed : rows);
        Scores = Queries + block;
        Block = Scores + scores;
        Keys = Block + block;
        OutputGradients = Keys + (backward ? rows : 0);
        ScoreGradients = OutputGradients + (backward ? block : 0);
        KeyGradients = ScoreGradients + (backward ? scores : 0);
        ValueGradients = KeyGradients + (backward ? rows : 0);
        Size = ValueGradients + (backward ? rows : 0);
    }

    // Rows of scores a multiple of 4096 bytes apart would share one cache set.
    private const int Skew = 16;

    /// <summary>HS rounded up to a vector.</summary>
    public int PaddedHS { get; }

    /// <summary>Floats from one row of scores to the next.</summary>
    public int ScoreStride { get; }

    /// <summary>kᵀ in panels.</summary>
    public long KeysTransposed { get; }

    /// <summary>v in panels (forward), vᵀ in panels (backward).</summary>
    public long Values { get; }

    /// <summary>Rows of the block of queries, times the scale.</summary>
    public long Queries { get; }

    /// <summary>Scores of the block, then weights.</summary>
    public long Scores { get; }

    /// <summary>Result of the block: y or dq.</summary>
    public long Block { get; }

    /// <summary>k in panels (backward).</summary>
    public long Keys { get; }

    /// <summary>dy of the block (backward).</summary>
    public long OutputGradients { get; }

    /// <summary>dP, then dS of the block (backward).</summary>
    public long ScoreGradients { get; }

    /// <summary>dk, row-major (backward).</summary>
    public long KeyGradients { get; }

    /// <summary>dv, row-major (backward).</summary>
    public long ValueGradients { get; }

    /// <summary>All of it.</summary>
    public long Size { get; }

    private static int RoundUp(int value, int unit) => checked((value + unit - 1) / unit * unit);

    private static long RoundUp(long value, int unit) => (value + unit - 1) / unit * unit;
}
