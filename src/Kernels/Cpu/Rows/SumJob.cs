using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>Partial sums in f64, one for each chunk.</summary>
internal unsafe struct SumJob : ILaneJob
{
    public float* Input;
    public double* Partial;
    public bool Squares;
    public long Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (var chunk = begin; chunk < end; chunk++)
        {
            var (start, last) = (chunk * Chunks.Size, Chunks.End(chunk + 1, Count));
            var vectors = (last - start) / TLanes.Count;
            var rest = start + vectors * TLanes.Count;
            double sum = Squares
                ? TLanes.SumSquaresDouble(Input + start, vectors)
                : TLanes.SumDouble(Input + start, vectors);
            for (var i = rest; i < last; i++)
            {
                sum += Squares ? (double)Input[i] * Input[i] : Input[i];
            }

            Partial[chunk] = sum;
        }
    }
}
