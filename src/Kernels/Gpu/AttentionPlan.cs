namespace Inheritune.Kernels.Gpu;

/// <summary>
/// Blocks of the attention kernels for one head size and element type, as section 3 of kernels.cu defines them: threads,
/// rows of a block, dynamic shared memory.
/// </summary>
internal readonly struct AttentionPlan
{
    /// <summary>Largest head size.</summary>
    public const int MaxHeadSize = 128;

    // Rows of the other side that a block works on at a time.
    private const int BackwardStep = 32, FloatStep = 32;
    private const int WeightsPitch = FloatStep + 4;

    public AttentionPlan(int HS, bool isBf16)
    {
        var padded = (HS + 15) / 16 * 16;
        CopyBytes = (HS * (isBf16 ? 2 : 4)) switch { var row when row % 16 == 0 => 16, var row when row % 8 == 0 => 8, _ => 4 };
        if (isBf16)
        {
            var row = 2 * (padded % 64 == 0 ? padded : padded + 8);
            var keys = padded is > 64 and <= 112 ? 32 : 64;
            var backward = padded <= 64 ? 128 : 256;
            Forward = new AttentionBlock(128, padded <= 112 ? 128 : 256, (128 + 4 * keys) * row);
            BackwardKeys = new AttentionBlock(
                128, backward, (2 * 128 + 4 * BackwardStep) * row + 4 * BackwardStep * sizeof(float));
            BackwardQueries = new AttentionBlock(128, backward, (2 * 128 + 4 * BackwardStep) * row);
        }
        else
        {
            var row = sizeof(float) * (padded + 4);
            var rows = padded <= 64 ? 64 : 32;
            Forward = new AttentionBlock(64, 256, (64 + 2 * FloatStep) * row + 64 * WeightsPitch * sizeof(float));
            BackwardKeys = new AttentionBlock(
                rows, 256, (2 * rows + 2 * FloatStep) * row + 2 * (rows * WeightsPitch + FloatStep) * sizeof(float));
            BackwardQueries = new AttentionBlock(
                rows, 256, (2 * rows + 2 * FloatStep) * row + rows * WeightsPitch * sizeof(float));
        }
    }

    /// <summary>Bytes that one asynchronous copy moves: what rows of qkv and of the output must be aligned to.</summary>
    public int CopyBytes { get; }

    /// <summary>attention_forward and attention_cached_blocks: queries.</summary>
    public AttentionBlock Forward { get; }

    /// <summary>attention_backward_keys: keys.</summary>
    public AttentionBlock BackwardKeys { get; }

    /// <summary>attention_backward_queries: queries.</summary>
    public AttentionBlock BackwardQueries { get; }
}

/// <summary>One block of an attention kernel.</summary>
/// <param name="Rows">Queries or keys of a block.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="SharedBytes">Dynamic shared memory.</param>
internal readonly record struct AttentionBlock(int Rows, int Threads, int SharedBytes)
{
    /// <summary>A launch with a block for every <see cref="Rows"/> of T, for each head and sequence.</summary>
    public LaunchShape Launch(int T, int heads, int sequences) =>
        new((T + Rows - 1) / Rows, Threads, SharedBytes, heads, sequences);
}
