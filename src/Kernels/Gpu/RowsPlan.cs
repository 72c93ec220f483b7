using System.Numerics;

namespace Inheritune.Kernels.Gpu;

/// <summary>Launch sizes of the row-wise kernels: pure functions of shapes and the number of SMs.</summary>
internal static class RowsPlan
{
    /// <summary>Threads of an element-wise block, and of most others.</summary>
    public const int Block = 256;

    /// <summary>Elements of a row that one thread of the norms holds, forward.</summary>
    public const int ForwardElements = 32;

    /// <summary>Most threads on one row of the norms.</summary>
    public const int MostRowThreads = 512;

    /// <summary>Tokens of a tile of the radix sort, and its digits.</summary>
    public const int SortTile = 1024, SortDigits = 512, SortDigitBits = 9;

    /// <summary>Sorted rows of a slice of the embedding gradient.</summary>
    public const int EmbeddingSlice = 32;

    /// <summary>Most partial sums of <see cref="Ops.Sum"/> and <see cref="Ops.GradientNorm"/>.</summary>
    public const int MostPartials = 1024;

    private const long MostGridY = 65535;

    /// <summary>Scratch memory that the matrices of <see cref="Ops.MatrixRank"/> may take at a time.</summary>
    private const long MatrixScratchBytes = 1L << 30;

    /// <summary>Elements of a 16-byte access.</summary>
    public static int Vector(DType dtype) => 16 / dtype.SizeBytes();

    /// <summary>Elements of a row that one thread of the norms holds, backward, beside their gradients.</summary>
    public static int BackwardElements(DType dtype) => dtype == DType.BF16 ? 24 : 16;

    /// <summary>⌈a / b⌉.</summary>
    public static long Ceiling(long a, long b) => (a + b - 1) / b;

    /// <summary>Element-wise: one round of the loop for small tensors, full SMs for large ones.</summary>
    public static LaunchShape Elements(long count, int perThread, int multiprocessors) =>
        new(Math.Clamp(Ceiling(count, (long)Block * perThread), 1, 16L * multiprocessors), Block);

    /// <summary>Threads on a row, a multiple of 32: one warp, or as many as hold it.</summary>
    public static int RowThreads(long columns, int perThread) =>
        (int)Math.Max(32, Ceiling(Ceiling(columns, perThread), 32) * 32);

    /// <summary>Norm forward: eight rows a block, a warp each, or a block for each row.</summary>
    public static LaunchShape NormForward(long rows, long columns)
    {
        var threads = RowThreads(columns, ForwardElements);
        return threads == 32 ? new(Ceiling(rows, 8), Block) : new(rows, threads);
    }

    /// <summary>Norm backward: as many blocks as run at a time, each with one set of partial sums.</summary>
    public static LaunchShape NormBackward(long rows, long columns, DType dtype, int multiprocessors)
    {
        var threads = RowThreads(columns, BackwardElements(dtype));
        return threads == 32
            ? new(Math.Min(Ceiling(rows, 8), 2L * multiprocessors), Block, checked((int)(2 * columns * sizeof(float))))
            : new(Math.Min(rows, (long)multiprocessors * Math.Clamp(512 / threads, 1, 8)), threads);
    }

    /// <summary>Partial sums of a reduction: by the count alone, so that every GPU gives the same bits.</summary>
    public static int Partials(long count) => (int)Math.Clamp(Ceiling(count, Block * 16L), 1, MostPartials);

    /// <summary>Threads on a row of logits.</summary>
    public static int LossThreads(long vocabulary, int vector) =>
        (int)Math.Clamp(Ceiling(Ceiling(vocabulary, vector), 32) * 32, 32, 1024);

    /// <summary>Passes of the sort of tokens below <paramref name="vocabulary"/>.</summary>
    public static int SortPasses(long vocabulary)
    {
        var bits = 64 - BitOperations.LeadingZeroCount((ulong)Math.Max(1, vocabulary - 1));
        return (int)Ceiling(bits, SortDigitBits);
    }

    /// <summary>Matrices that <see cref="Ops.MatrixRank"/> handles at a time, each with scratch in f64.</summary>
    public static long MatrixBatch(long matrices, long n) => Math.Clamp(
        Math.Min(MostGridY, MatrixScratchBytes / ((n * n + 2 * n) * sizeof(double))), 1, matrices);
}
