namespace Inheritune.Kernels.Gpu;

/// <summary>
/// The operations as launches of kernels.cu: the same launchers drive a GPU and the emulator. A launch only enqueues.
/// </summary>
internal sealed partial class GpuOps(GpuDevice device) : Ops
{
    internal override bool ComputesIn(DType dtype) => dtype != DType.I32;

    private GpuKernel RowsKernel(string name, DType element) =>
        device.Kernel(name, new KernelProgram(ProgramKind.Rows, element == DType.BF16, 0));
}
