namespace Inheritune.Growth;

/// <summary>A plan cannot be made or carried out; the text says why and what to do.</summary>
internal sealed class GrowthException(string message) : Exception(message);
