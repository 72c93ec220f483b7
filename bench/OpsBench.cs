using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>Every operation under BenchmarkDotNet, one row each.</summary>
[Config(typeof(OpsBenchConfig))]
#pragma warning disable CA1001 // GlobalCleanup frees the operands
public class OpsBench
#pragma warning restore CA1001
{
    private Device _device = null!;
    private OpsWorkspace _workspace = null!;
    private Action _call = null!;

    /// <summary>Tokens of the one sequence.</summary>
    [Params(256, 1024)]
    public int N { get; set; }

    /// <summary>Row of <see cref="OpsBenchCases"/>.</summary>
    [ParamsSource(nameof(Operations))]
    public string Operation { get; set; } = "";

    public static IEnumerable<string> Operations => OpsBenchCases.For(256).Select(item => item.Name);

    [GlobalSetup]
    public void Prepare()
    {
        _device = Devices.Open("cpu");
        _workspace = new OpsWorkspace(_device, DType.F32);
        _call = OpsBenchCases.For(N).Single(item => item.Name == Operation).Prepare(_workspace);
    }

    [GlobalCleanup]
    public void Release()
    {
        _workspace.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Call() => _call();
}

/// <summary>Short runs in this process, with rate and share beside the time.</summary>
public sealed class OpsBenchConfig : ManualConfig
{
    public OpsBenchConfig()
    {
        AddJob(Job.ShortRun.WithToolchain(InProcessNoEmitToolchain.Instance));
        AddColumn(new OpsRateColumn(isShare: false), new OpsRateColumn(isShare: true), StatisticColumn.Median);
    }
}
