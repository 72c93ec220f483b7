namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Copies a band of every row.</summary>
internal unsafe struct CopyColumnsJob : IParallelJob
{
    public byte* Output, Input;
    public long OutputStride, InputStride, RowBytes;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var n = begin; n < end; n++)
        {
            Buffer.MemoryCopy(Input + n * InputStride, Output + n * OutputStride, RowBytes, RowBytes);
        }
    }
}
