using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

/// <summary>Compiles for one GPU.</summary>
internal sealed class NvrtcCompiler(GpuProperties properties) : KernelCompiler
{
    private readonly Lazy<GpuArchitecture> _architecture =
        new(() => GpuArchitecture.Choose(properties.ComputeMajor, properties.ComputeMinor, Nvrtc.Architectures));

    public override byte[] Compile(in KernelProgram program)
    {
        var options = Options(program, _architecture.Value);
        var result = Nvrtc.Compile(KernelSource.Text, options, _architecture.Value.IsPtx);
        return result.IsCompiled
            ? result.Image
            : throw new DeviceException(
                $"{program.Name}: kernels.cu does not compile for {_architecture.Value.Option} with NVRTC {Nvrtc.Version}:"
                + $"{Environment.NewLine}{result.Log}");
    }

    /// <summary>The options of a program.</summary>
    public static IReadOnlyList<string> Options(in KernelProgram program, GpuArchitecture architecture) =>
        [$"--gpu-architecture={architecture.Option}", "-default-device", .. program.Defines];
}
