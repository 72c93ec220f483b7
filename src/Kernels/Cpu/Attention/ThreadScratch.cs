using System.Runtime.InteropServices;

namespace Inheritune.Kernels.Cpu.Attention;

/// <summary>
/// Native working memory, one block for each thread of a team. It grows at the first call of a larger size
/// and is kept, so that repeated calls allocate nothing. Contents are undefined.
/// </summary>
internal sealed unsafe class ThreadScratch(int threads)
{
    private const int Alignment = 256;
    private readonly int _threads = threads;
    private byte* _memory;
    private long _stride;

    ~ThreadScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>The blocks, with room for <paramref name="floats"/> values each.</summary>
    public ScratchBlocks Reserve(long floats)
    {
        var bytes = checked((floats * sizeof(float) + Alignment - 1) / Alignment * Alignment + Alignment);
        if (bytes > _stride)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            _stride = 0;
            _memory = (byte*)NativeMemory.AlignedAlloc((nuint)checked(bytes * _threads), Alignment);
            _stride = bytes;
        }

        return new ScratchBlocks(_memory, _stride);
    }
}

/// <summary>Addresses of the blocks of a <see cref="ThreadScratch"/>, to be held by a job.</summary>
internal readonly unsafe struct ScratchBlocks(byte* memory, long stride)
{
    private readonly byte* _memory = memory;
    private readonly long _stride = stride;

    /// <summary>The block of one thread, aligned to 256 bytes.</summary>
    public float* this[int thread] => (float*)(_memory + thread * _stride);
}
