using System.Runtime.CompilerServices;

namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>Sink share, sink mass and entropy; an item is one matrix.</summary>
internal unsafe struct MatrixSinkJob : IParallelJob
{
    public float* Statistics;
    public float* Matrices;
    public int T;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(long begin, long end, int thread)
    {
        for (var m = begin; m < end; m++)
        {
            var (share, sink, total, entropy) = (0.0, 0.0, 0.0, 0.0);
            for (var i = 0; i < T; i++)
            {
                var row = Matrices + (m * T + i) * T;
                share += row[0];
                sink += (double)row[0] * row[0];
                for (var j = 0; j < T; j++)
                {
                    double value = row[j];
                    total += value * value;
                    if (value != 0)
                    {
                        entropy -= value * Math.Log(value);
                    }
                }
            }

            var result = Statistics + m * 3;
            result[0] = (float)(share / T);
            result[1] = (float)(total == 0 ? 0 : sink / total);
            result[2] = (float)(entropy / T);
        }
    }
}
