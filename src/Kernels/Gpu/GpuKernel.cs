namespace Inheritune.Kernels.Gpu;

/// <summary>One kernel of a compiled program, ready to launch on its device's stream.</summary>
internal sealed class GpuKernel
{
    /// <summary>Enqueues the kernel. Raises the limit of dynamic shared memory above 48 KiB the first time.</summary>
    /// <exception cref="DeviceException">The driver refused the launch; the message names kernel, grid, block and
    /// shared bytes.</exception>
    public void Launch(in LaunchShape shape, ref KernelArguments arguments) => throw new NotImplementedException();
}
