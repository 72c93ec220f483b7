namespace Inheritune.Kernels.Cpu.Gemm;

/// <summary>Where <see cref="RowProductJob{TLanes}"/> is the faster form.</summary>
internal static class RowProductLimits
{
    /// <summary>Most rows; the tiles of the general product use what they turn more often.</summary>
    public const int MaxRows = 2;
}
