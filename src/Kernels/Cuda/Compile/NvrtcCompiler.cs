using Inheritune.Kernels.Gpu;

namespace Inheritune.Kernels.Cuda;

/// <summary>Compiles for one GPU, and keeps what it compiled.</summary>
internal sealed class NvrtcCompiler(GpuProperties properties, CubinCache cache) : KernelCompiler
{
    private readonly Lazy<GpuArchitecture> _architecture =
        new(() => GpuArchitecture.Choose(properties.ComputeMajor, properties.ComputeMinor, Nvrtc.Architectures));

    public override byte[] Compile(in KernelProgram program)
    {
        var architecture = _architecture.Value;
        var options = Options(program, architecture);
        var source = KernelSource.Of(program);
        var key = CubinCache.Key(source, options, Nvrtc.Version);
        if (cache.Read(key) is { } kept)
        {
            return kept;
        }

        var image = Compile(source, program, architecture, options).Image;
        cache.Write(key, image);
        return image;
    }

    /// <summary>Compiles a text as a program and returns the complete log, for <see cref="KernelReport.Read"/>.</summary>
    public static string ReportLog(string source, in KernelProgram program, GpuArchitecture architecture)
    {
        var options = Options(program, architecture).Concat(KernelReport.Options).ToArray();
        return Compile(source, program, architecture, options).Log;
    }

    /// <summary>The options of a program: one option each.</summary>
    public static IReadOnlyList<string> Options(in KernelProgram program, GpuArchitecture architecture) =>
    [
        $"--gpu-architecture={architecture.Option}", "-default-device",
        .. program.Defines,
    ];

    private static NvrtcResult Compile(
        string source, in KernelProgram program, GpuArchitecture architecture, IReadOnlyList<string> options)
    {
        var result = Nvrtc.Compile(source, options, architecture.IsPtx);
        return result.IsCompiled
            ? result
            : throw new DeviceException(
                $"{program.Name}: kernels.cu does not compile for {architecture.Option} with NVRTC {Nvrtc.Version}:"
                + $"{Environment.NewLine}{result.Log}");
    }
}
