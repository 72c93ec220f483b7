using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

/// <summary>Makes specialisations of kernels.cu loadable. Any thread, several at a time.</summary>
internal abstract class KernelCompiler
{
    /// <summary>The image that cuModuleLoadData takes.</summary>
    /// <exception cref="DeviceException">There is no compiler, or the text has errors; the message carries the log.</exception>
    public abstract byte[] Compile(in KernelProgram program);
}
