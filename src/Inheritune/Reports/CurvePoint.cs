namespace Inheritune.Reports;

/// <summary>A point of a loss curve.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Loss">nats per token.</param>
internal sealed record CurvePoint(long Step, double Loss);
