namespace Inheritune.Bench;

/// <summary>
/// One product that was timed: of layer (OC, C) with N rows, which of its three products, on how many
/// threads.
/// </summary>
internal sealed record GemmRow(
    string Layer, string Pass, int N, int C, int OC, int Threads, string Clock, double Seconds,
    double BlasSeconds)
{
    public double Flops => 2.0 * N * C * OC;

    public double Rate => Flops / Seconds / 1e9;

    public double BlasRate => BlasSeconds > 0 ? Flops / BlasSeconds / 1e9 : 0;

    public double Ratio => BlasSeconds > 0 ? BlasSeconds / Seconds : 0;
}
