namespace Inheritune.Bench;

/// <summary>A measured row: the rate is GFLOP/s of products, GB/s of everything else.</summary>
public sealed record OpsTableRow(
    string Operation, int Batch, int Length, double MedianMs, double Spread, double Rate, string Unit, double Share)
{
    /// <summary>Rate and share of one call that takes <paramref name="ms"/>.</summary>
    public static OpsTableRow Of(
        OpsBenchCase item, int batch, int length, double ms, double spread, DevicePeak peak)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(peak);
        var isProduct = item.Flops > 0;
        var rate = (isProduct ? item.Flops : item.Bytes) / ms / 1e6;
        return new OpsTableRow(
            item.Name, batch, length, ms, spread, rate, isProduct ? "GFLOP/s" : "GB/s",
            rate / (isProduct ? peak.Gigaflops : peak.Gigabytes));
    }

    public override string ToString() =>
        $"{Operation,-34} {Batch,3} {Length,5} {MedianMs,10:F3} {Spread,7:P0} {Rate,7:F1} {Unit,-7} {Share,7:P0}";
}
