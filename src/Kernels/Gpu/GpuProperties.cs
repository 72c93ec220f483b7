namespace Inheritune.Kernels.Gpu;

/// <summary>What launch plans depend on.</summary>
/// <param name="Name">Model of the GPU.</param>
/// <param name="ComputeMajor">Compute capability, as 9 of 9.0.</param>
/// <param name="ComputeMinor">Compute capability, as 0 of 9.0.</param>
/// <param name="Multiprocessors">SMs.</param>
/// <param name="SharedBytesPerBlock">Largest dynamic shared memory of a block (opt-in), bytes.</param>
/// <param name="L2Bytes">Second-level cache, bytes.</param>
/// <param name="IsEmulated">The emulator, not a GPU.</param>
internal sealed record GpuProperties(
    string Name, int ComputeMajor, int ComputeMinor, int Multiprocessors, int SharedBytesPerBlock, long L2Bytes,
    bool IsEmulated);
