using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Adds up the blocks of <see cref="NormBackwardJob"/> in their order; an item is one column.</summary>
internal unsafe struct BlockSumJob : IParallelJob
{
    public float* Output, Partial;
    public long Blocks, Stride;
    public bool Accumulate;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var c = begin; c < end; c++)
        {
            var sum = Accumulate ? Output[c] : 0f;
            for (long block = 0; block < Blocks; block++)
            {
                sum += Partial[block * Stride + c];
            }

            Output[c] = sum;
        }
    }
}
