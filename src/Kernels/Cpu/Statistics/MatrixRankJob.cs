namespace Inheritune.Kernels.Cpu.Statistics;

/// <summary>Approximate rank; an item is one matrix.</summary>
internal unsafe struct MatrixRankJob : IParallelJob
{
    public int* Counts;
    public float* Matrices;
    public int T;
    public LevelList Levels;
    public Attention.ScratchBlocks Scratch;

    public readonly void Run(long begin, long end, int thread)
    {
        for (var m = begin; m < end; m++)
        {
            var values = (double*)Scratch[thread];
            var work = values + T;
            MatrixSpectrum.SquaredSingularValues(values, Matrices + m * T * T, T, work);
            Levels.CountShares(Counts + m * Levels.Count, values, T);
        }
    }
}
