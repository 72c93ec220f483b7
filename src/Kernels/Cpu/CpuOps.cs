namespace Inheritune.Kernels.Cpu;

/// <summary>The operations on the CPU. Each returns when it is done.</summary>
internal sealed partial class CpuOps(CpuDevice device) : Ops
{
    private readonly ThreadTeam _threads = device.Threads;

    internal override bool ComputesIn(DType dtype) => dtype == DType.F32;
}
