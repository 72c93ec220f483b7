namespace Inheritune.Kernels.Gpu;

/// <summary>Grid, block and dynamic shared memory of a launch.</summary>
/// <param name="GridX">Blocks in x.</param>
/// <param name="BlockX">Threads of a block, a multiple of 32.</param>
/// <param name="SharedBytes">Dynamic shared memory.</param>
/// <param name="GridY">Blocks in y, at most 65535.</param>
/// <param name="GridZ">Blocks in z, at most 65535.</param>
internal readonly record struct LaunchShape(
    long GridX, int BlockX, int SharedBytes = 0, int GridY = 1, int GridZ = 1)
{
    /// <summary>As in "grid (12,1,1), block 256, 0 shared bytes".</summary>
    public string ToText() => $"grid ({GridX},{GridY},{GridZ}), block {BlockX}, {SharedBytes} shared bytes";
}
