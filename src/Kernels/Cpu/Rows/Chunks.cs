namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Flat tensors are cut into chunks of a fixed size: the items of element-wise loops and of partial sums.</summary>
internal static class Chunks
{
    /// <summary>Elements of a chunk: 16 KiB of f32, so that four operands stay in L1 and L2 between reading and writing.</summary>
    public const int Size = 4096;

    /// <summary>Number of chunks of <paramref name="count"/> elements.</summary>
    public static long Of(long count) => (count + Size - 1) / Size;

    /// <summary>First element behind chunk number <paramref name="chunk"/> − 1.</summary>
    public static long End(long chunk, long count) => Math.Min(chunk * Size, count);
}
