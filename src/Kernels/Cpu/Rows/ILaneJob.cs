using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Inheritune.Kernels.Cpu.Rows;

/// <summary>A parallel loop body that is written once for every vector width.</summary>
internal interface ILaneJob
{
    /// <summary>Does items <paramref name="begin"/> .. <paramref name="end"/> (excluded).</summary>
    void Run<TLanes>(long begin, long end)
        where TLanes : unmanaged, ILanes<TLanes>;
}

/// <summary>Runs such a body with the widest vectors that the machine has.</summary>
internal static class LaneLoops
{
    /// <summary>As <see cref="ThreadTeam.For"/>.</summary>
    public static void ForLanes<TJob>(this ThreadTeam threads, in TJob job, long count, long grain)
        where TJob : unmanaged, ILaneJob => threads.For(new WidestLanes<TJob>(job), count, grain);

    private readonly struct WidestLanes<TJob>(TJob job) : IParallelJob
        where TJob : unmanaged, ILaneJob
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(long begin, long end, int thread)
        {
            if (Avx512F.IsSupported)
            {
                job.Run<Lanes16>(begin, end);
            }
            else if (Avx2.IsSupported)
            {
                job.Run<Lanes8>(begin, end);
            }
            else
            {
                job.Run<Lanes4>(begin, end);
            }
        }
    }
}
