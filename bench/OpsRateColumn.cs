using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Inheritune.Kernels;

namespace Inheritune.Bench;

/// <summary>GFLOP/s or GB/s of an operation, or its share of the machine's peak, from the median.</summary>
public sealed class OpsRateColumn(bool isShare) : IColumn
{
    private static readonly Lazy<DevicePeak> Peak = new(() =>
    {
        using var device = Devices.Open("cpu");
        return DevicePeak.Measure(device, DType.F32, 0);
    });

    public string Id => $"{nameof(OpsRateColumn)}.{ColumnName}";

    public string ColumnName => isShare ? "Share" : "Rate";

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => false;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => isShare
        ? "Share of the measured peak: multiply-adds for products, memory traffic for the rest"
        : "GFLOP/s of products, GB/s of the rest";

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public bool IsAvailable(Summary summary) => true;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        GetValue(summary, benchmarkCase, SummaryStyle.Default);

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style)
    {
        ArgumentNullException.ThrowIfNull(summary);
        ArgumentNullException.ThrowIfNull(benchmarkCase);
        if (summary[benchmarkCase]?.ResultStatistics is not { } statistics)
        {
            return "-";
        }

        var tokens = (int)benchmarkCase.Parameters[nameof(OpsBench.N)];
        var name = (string)benchmarkCase.Parameters[nameof(OpsBench.Operation)];
        var item = OpsBenchCases.For(tokens).Single(row => row.Name == name);
        var result = OpsTableRow.Of(item, 1, tokens, statistics.Median / 1e6, 0, Peak.Value);
        return isShare ? $"{result.Share:P0}" : $"{result.Rate:F1} {result.Unit}";
    }
}
