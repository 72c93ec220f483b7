using System.Collections.Concurrent;
using System.Text;
using Inheritune.Kernels.Cuda;
using Inheritune.Kernels.Gpu;

namespace Kernels.Tests.Cuda;

/// <summary>Logs of compilations, kept on disk: the check is quick where kernels.cu did not change.</summary>
internal static class ReportCache
{
    private static readonly ConcurrentDictionary<string, KernelReport> Reports = [];

    private static readonly CubinCache Cache = new(
        CubinCache.UserFolder(Environment.GetEnvironmentVariable) is { } folder ? folder + "-reports" : null);

    public static KernelReport Read(string source, KernelProgram program, GpuArchitecture architecture)
    {
        var options = NvrtcCompiler.Options(program, architecture).Concat(KernelReport.Options);
        return Reports.GetOrAdd(
            CubinCache.Key(source, options, Nvrtc.Version), key =>
            {
                if (Cache.Read(key) is { } kept)
                {
                    return KernelReport.Read(Encoding.UTF8.GetString(kept));
                }

                var log = NvrtcCompiler.ReportLog(source, program, architecture);
                Cache.Write(key, Encoding.UTF8.GetBytes(log));
                return KernelReport.Read(log);
            });
    }
}
