namespace Inheritune.Kernels.Cuda;

/// <summary>What the assembler says of one kernel.</summary>
/// <param name="Kernel">Name.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="SharedBytes">Static shared memory of a block.</param>
/// <param name="StackBytes">Local memory of a thread: arrays that could not live in registers.</param>
/// <param name="SpillBytes">Bytes stored to and loaded from local memory because registers ran out.</param>
internal sealed record KernelResources(string Kernel, int Registers, int SharedBytes, int StackBytes, int SpillBytes);
