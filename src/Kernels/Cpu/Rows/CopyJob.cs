namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>y = x, byte by byte, in chunks.</summary>
internal unsafe struct CopyJob : IParallelJob
{
    public const int ChunkBytes = 65536;

    public byte* Output, Input;
    public long SizeBytes;

    public readonly void Run(long begin, long end, int thread)
    {
        var last = Math.Min(end * ChunkBytes, SizeBytes);
        Buffer.MemoryCopy(Input + begin * ChunkBytes, Output + begin * ChunkBytes, last - begin * ChunkBytes, last - begin * ChunkBytes);
    }
}
